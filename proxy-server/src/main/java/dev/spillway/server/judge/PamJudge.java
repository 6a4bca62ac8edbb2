package dev.spillway.server.judge;

import dev.spillway.core.auth.PasswordJudge;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Asks the system's PAM, as the service {@code pgbouncer}: whether the password is the user's, and whether the account may be used
 * now. Several questions may be under way at once, each with a handle of its own.
 */
final class PamJudge implements PasswordJudge {
    private static final String SERVICE = "pgbouncer";

    private final Pam pam;
    private final String service;
    private final @Nullable String directory;

    PamJudge(Pam pam) {
        this(pam, SERVICE, null);
    }

    /** {@code directory}: where the service is configured; null: where the system has its services. */
    PamJudge(Pam pam, String service, @Nullable String directory) {
        this.pam = pam;
        this.service = service;
        this.directory = directory;
    }

    @Override
    public @Nullable String refusal(String user, byte[] password, @Nullable String host) {
        try (Arena arena = Arena.ofConfined()) {
            PamConversation conversation = new PamConversation(pam, password);
            MemorySegment handle = arena.allocate(Pam.ADDRESS);
            int status = pam.start(service, user, conversation.in(arena), directory, handle, arena);
            if (status != Pam.SUCCESS) {
                return "pam_start() failed: " + pam.text(MemorySegment.NULL, status);
            }
            return verdict(handle.get(Pam.ADDRESS, 0), conversation, host, arena);
        }
    }

    private @Nullable String verdict(
            MemorySegment handle, PamConversation conversation, @Nullable String host, Arena arena) {
        String failed = "pam_set_item()";
        int status = Pam.SUCCESS;
        try {
            if (host != null) {
                status = pam.setRemoteHost(handle, arena.allocateFrom(host, StandardCharsets.UTF_8));
            }
            if (status == Pam.SUCCESS) {
                failed = "pam_authenticate()";
                status = pam.authenticate(handle);
            }
            if (status == Pam.SUCCESS) {
                failed = "pam_acct_mgmt()";
                status = pam.accountIsUsable(handle);
            }
            return status == Pam.SUCCESS ? null : failed + " failed: " + pam.text(handle, status) + conversation.said();
        } finally {
            pam.end(handle, status);
        }
    }
}
