package dev.spillway.server.judge;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The functions of libpam, and those of C that go with them. Immutable, and usable from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/pam.3.html">pam(3)</a>
 */
@SuppressWarnings("restricted") // functions of C are
final class Pam {
    static final AddressLayout ADDRESS = ValueLayout.ADDRESS;
    static final int SUCCESS = 0;
    private static final String LIBRARY = "libpam.so.0";
    /** PAM_RHOST. */
    private static final int REMOTE_HOST = 4;
    /** PAM_SILENT. */
    private static final int SILENT = 0x8000;

    private static final long MOST_TEXT_BYTES = 256;

    private final Linker linker = Linker.nativeLinker();
    private final MethodHandle start;
    private final @Nullable MethodHandle startIn;
    private final MethodHandle setItem;
    private final MethodHandle authenticate;
    private final MethodHandle account;
    private final MethodHandle end;
    private final MethodHandle text;
    private final MethodHandle calloc;

    /** @throws IOException if the system has no such library: the message is for the user */
    Pam() throws IOException {
        SymbolLookup library = library();
        FunctionDescriptor ofHandle = FunctionDescriptor.of(ValueLayout.JAVA_INT, ADDRESS, ValueLayout.JAVA_INT);
        start = function(
                library, "pam_start", FunctionDescriptor.of(ValueLayout.JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        startIn = library.find("pam_start_confdir")
                .map(function -> linker.downcallHandle(
                        function,
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS)))
                .orElse(null);
        setItem = function(
                library,
                "pam_set_item",
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ADDRESS, ValueLayout.JAVA_INT, ADDRESS));
        authenticate = function(library, "pam_authenticate", ofHandle);
        account = function(library, "pam_acct_mgmt", ofHandle);
        end = function(library, "pam_end", ofHandle);
        text = function(library, "pam_strerror", FunctionDescriptor.of(ADDRESS, ADDRESS, ValueLayout.JAVA_INT));
        calloc = function(
                linker.defaultLookup(),
                "calloc",
                FunctionDescriptor.of(ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    }

    private static SymbolLookup library() throws IOException {
        try {
            return SymbolLookup.libraryLookup(LIBRARY, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new IOException("pam needs " + LIBRARY + ", which this system does not have", e);
        }
    }

    private MethodHandle function(SymbolLookup library, String name, FunctionDescriptor type) throws IOException {
        Optional<MemorySegment> function = library.find(name);
        if (function.isEmpty()) {
            throw new IOException("pam needs " + name + ", which this system's " + LIBRARY + " does not have");
        }
        return linker.downcallHandle(function.get(), type);
    }

    /** {@code pam_start}, or {@code pam_start_confdir} where there is a {@code directory}. */
    int start(
            String service,
            String user,
            MemorySegment conversation,
            @Nullable String directory,
            MemorySegment handle,
            Arena arena) {
        MemorySegment of = arena.allocateFrom(service);
        MemorySegment as = arena.allocateFrom(user, StandardCharsets.UTF_8);
        try {
            if (directory == null) {
                return (int) start.invokeExact(of, as, conversation, handle);
            }
            MethodHandle in = startIn;
            if (in == null) {
                throw new UnsupportedOperationException("pam_start_confdir is not there");
            }
            return (int) in.invokeExact(of, as, conversation, arena.allocateFrom(directory), handle);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int setRemoteHost(MemorySegment handle, MemorySegment host) {
        try {
            return (int) setItem.invokeExact(handle, REMOTE_HOST, host);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int authenticate(MemorySegment handle) {
        try {
            return (int) authenticate.invokeExact(handle, SILENT);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int accountIsUsable(MemorySegment handle) {
        try {
            return (int) account.invokeExact(handle, SILENT);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void end(MemorySegment handle, int status) {
        try {
            int ignored = (int) end.invokeExact(handle, status);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** What {@code status} means, in words. */
    String text(MemorySegment handle, int status) {
        try {
            return string((MemorySegment) text.invokeExact(handle, status), MOST_TEXT_BYTES);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Zeroes that PAM frees. */
    MemorySegment allocate(long bytes) {
        try {
            MemorySegment memory = (MemorySegment) calloc.invokeExact(1L, bytes);
            if (memory.equals(MemorySegment.NULL)) {
                throw new OutOfMemoryError("calloc of " + bytes + " bytes");
            }
            return memory.reinterpret(bytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** A pointer by which {@code function} is called, for as long as {@code arena} lives. */
    MemorySegment upcall(MethodHandle function, FunctionDescriptor type, Arena arena) {
        return linker.upcallStub(function, type, arena);
    }

    /** What is at {@code address} up to its zero byte, or as much of it. */
    static String string(MemorySegment address, long mostBytes) {
        if (address.equals(MemorySegment.NULL)) {
            return "";
        }
        MemorySegment bytes = address.reinterpret(mostBytes);
        int length = 0;
        while (length < mostBytes && bytes.get(ValueLayout.JAVA_BYTE, length) != 0) {
            length++;
        }
        byte[] copy = new byte[length];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, copy, 0, length);
        return new String(copy, StandardCharsets.UTF_8);
    }

    private static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException plain ? plain : new IllegalStateException(e);
    }
}
