package dev.spillway.server.judge;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * What PAM's modules ask while a user is authenticated, and what they are told: the password, whenever they ask for something
 * that is not to be seen, and nothing else. Used by the one thread that runs pam_authenticate.
 */
@SuppressWarnings("restricted") // the memory of C is
final class PamConversation {
    /** {@code int conv(int, const struct pam_message **, struct pam_response **, void *)}. */
    private static final FunctionDescriptor TYPE =
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, Pam.ADDRESS, Pam.ADDRESS, Pam.ADDRESS);

    private static final int CONVERSATION_ERROR = 19;
    private static final int PROMPT_ECHO_OFF = 1;
    private static final int ERROR_MESSAGE = 3;
    /** PAM_MAX_NUM_MSG. */
    private static final int MOST_MESSAGES = 32;
    /** Of {@code struct pam_message {int; char *}} and of {@code struct pam_response {char *; int}}. */
    private static final long STRUCT_BYTES = 16;

    private static final long MESSAGE_TEXT = 8;
    private static final long MOST_TEXT_BYTES = 512;
    private static final MethodHandle ANSWER = answerHandle();

    private final Pam pam;
    private final byte[] password;
    private String said = "";

    PamConversation(Pam pam, byte[] password) {
        this.pam = pam;
        this.password = password;
    }

    private static MethodHandle answerHandle() {
        try {
            return MethodHandles.lookup()
                    .findVirtual(
                            PamConversation.class,
                            "answer",
                            MethodType.methodType(
                                    int.class,
                                    int.class,
                                    MemorySegment.class,
                                    MemorySegment.class,
                                    MemorySegment.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** A {@code struct pam_conv}, for as long as {@code arena} lives. */
    MemorySegment in(Arena arena) {
        MemorySegment conv = arena.allocate(Pam.ADDRESS, 2);
        conv.setAtIndex(Pam.ADDRESS, 0, pam.upcall(ANSWER.bindTo(this), TYPE, arena));
        return conv;
    }

    /** What a module had to say of an error, for the log: empty if none had. */
    String said() {
        return said;
    }

    /** Called by PAM, which frees what it gets. Whatever is thrown here would end the process. */
    @SuppressWarnings("unused") // by its handle
    private int answer(int count, MemorySegment messages, MemorySegment answers, MemorySegment ours) {
        try {
            if (count < 1 || count > MOST_MESSAGES) {
                return CONVERSATION_ERROR;
            }
            MemorySegment told = pam.allocate(count * STRUCT_BYTES);
            MemorySegment asked = messages.reinterpret(count * Pam.ADDRESS.byteSize());
            for (int i = 0; i < count; i++) {
                hear(asked.getAtIndex(Pam.ADDRESS, i).reinterpret(STRUCT_BYTES), told, i * STRUCT_BYTES);
            }
            answers.reinterpret(Pam.ADDRESS.byteSize()).set(Pam.ADDRESS, 0, told);
            return Pam.SUCCESS;
        } catch (RuntimeException | Error e) {
            said = " (" + e + ')';
            return CONVERSATION_ERROR;
        }
    }

    private void hear(MemorySegment message, MemorySegment told, long at) {
        int style = message.get(ValueLayout.JAVA_INT, 0);
        if (style == PROMPT_ECHO_OFF) {
            MemorySegment copy = pam.allocate(password.length + 1L);
            copy.copyFrom(MemorySegment.ofArray(password));
            told.set(Pam.ADDRESS, at, copy);
        } else if (style == ERROR_MESSAGE) {
            String text = Pam.string(message.get(Pam.ADDRESS, MESSAGE_TEXT), MOST_TEXT_BYTES);
            said = " (" + text.replaceAll("\\s+", " ").strip() + ')';
        }
    }
}
