package dev.spillway.server.judge;

import dev.spillway.core.auth.PasswordJudge;
import dev.spillway.core.auth.PasswordJudges;
import dev.spillway.core.config.LdapOptions;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Directories and the system, as far as a configuration asks them. Immutable, and usable from any thread. */
public final class Judges implements PasswordJudges {
    private final Map<LdapOptions, PasswordJudge> directories;
    private final @Nullable PasswordJudge system;

    private Judges(Map<LdapOptions, PasswordJudge> directories, @Nullable PasswordJudge system) {
        this.directories = Map.copyOf(directories);
        this.system = system;
    }

    /**
     * Those that {@code directories} are asked by, and the system if {@code isSystemAsked}.
     *
     * @throws IOException if one could not be asked, whatever the question: the message is for the user
     */
    public static PasswordJudges of(
            Collection<LdapOptions> directories, boolean isSystemAsked, Map<String, String> environment)
            throws IOException {
        if (directories.isEmpty() && !isSystemAsked) {
            return PasswordJudges.NONE;
        }
        boolean isTlsAsked = directories.stream().anyMatch(Judges::isTlsAsked);
        LdapTls tls = isTlsAsked ? LdapTls.of(environment) : null;
        Map<LdapOptions, PasswordJudge> all = new HashMap<>();
        for (LdapOptions options : directories) {
            all.put(options, new LdapJudge(options, isTlsAsked(options) ? tls : null));
        }
        return new Judges(all, isSystemAsked ? new PamJudge(new Pam()) : null);
    }

    private static boolean isTlsAsked(LdapOptions options) {
        return options.isTlsFromStart() || options.startsTls();
    }

    @Override
    public PasswordJudge directory(LdapOptions options) {
        return Objects.requireNonNull(directories.get(options));
    }

    @Override
    public PasswordJudge system() {
        return Objects.requireNonNull(system);
    }
}
