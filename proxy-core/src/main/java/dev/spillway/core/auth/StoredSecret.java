package dev.spillway.core.auth;

import dev.spillway.core.config.Secret;

/**
 * What is known of a user's password, in one of the forms that PostgreSQL's {@code pg_authid.rolpassword} and
 * PgBouncer's {@code auth_file} have. Immutable, compared by value, and never printed.
 */
public sealed interface StoredSecret permits StoredSecret.Plain, StoredSecret.Md5, ScramVerifier, ScramKeys {
    /** The password itself. An empty one counts as none: nobody logs in with it, as in PgBouncer and PostgreSQL. */
    record Plain(Secret password) implements StoredSecret {}

    /**
     * PostgreSQL's MD5 hash. Whoever has it can log in by MD5, so it is as secret as the password.
     *
     * @param hash "md5" and 32 lower-case hexadecimal digits: md5(password || user name)
     */
    record Md5(String hash) implements StoredSecret {
        /** The hash of a password that is known. */
        static Md5 of(byte[] password, String user) {
            return new Md5(Md5Password.hash(password, user));
        }

        @Override
        public String toString() {
            return "Md5[***]";
        }
    }

    /** Can nobody log in with it, because it is the empty password? */
    default boolean isEmpty() {
        return this instanceof Plain(Secret password) && password.isEmpty();
    }

    /**
     * Recognises the form of {@code text} as PostgreSQL and PgBouncer do ({@code get_password_type}): what is neither an
     * MD5 hash nor a well-formed SCRAM verifier is a plain password, however much it looks like one of them.
     */
    static StoredSecret parse(String text) {
        if (Md5Password.isHash(text)) {
            return new Md5(text);
        }
        ScramVerifier verifier = ScramVerifier.parse(text);
        return verifier != null ? verifier : new Plain(Secret.of(text));
    }
}
