package dev.spillway.core.auth;

import dev.spillway.core.config.LdapOptions;

/** Those whom a configuration asks about passwords. Immutable, and usable from any thread. */
public interface PasswordJudges {
    /** Nobody is asked. */
    PasswordJudges NONE = new PasswordJudges() {
        @Override
        public PasswordJudge directory(LdapOptions options) {
            throw new IllegalArgumentException("no directory is asked");
        }

        @Override
        public PasswordJudge system() {
            throw new IllegalArgumentException("the system is not asked");
        }
    };

    /** The directory of {@code options}, which are those of the configuration, or of one of its rules. */
    PasswordJudge directory(LdapOptions options);

    /** The system. */
    PasswordJudge system();
}
