package dev.spillway.core.config;

import static dev.spillway.core.config.Setting.Change.RELOAD;
import static dev.spillway.core.config.Setting.Change.RESTART;

import java.util.ArrayList;
import java.util.List;

/**
 * The settings of the whole proxy that are about logins, of users whom others know, PostgreSQL or a directory, and of all: a part of
 * {@link Settings}.
 */
public final class LookupSettings {
    /** About a second of one core. */
    public static final int MAX_SCRAM_ITERATIONS = 1_000_000;

    private static final List<Setting<?>> ALL = new ArrayList<>();

    public static final Setting<String> AUTH_USER = add(Setting.optional(
            "auth_user",
            new TextType(),
            "\"\"",
            RELOAD,
            "Users whose passwords are in neither `[users.NAME]` nor `auth_file` are looked up in PostgreSQL, by"
                    + " `auth_query`, on connections of this user. Without it nobody is."));
    public static final Setting<String> AUTH_QUERY = add(Setting.of(
            "auth_query",
            new TextType(),
            "SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END FROM pg_authid"
                    + " WHERE rolname=$1 AND rolcanlogin",
            RELOAD,
            "Looks a user up: `$1` is the name the client gives; the row that comes back is the user's name and the"
                    + " password or stored secret. No row, or NULL instead of the name: there is no such user. NULL"
                    + " instead of the secret: the user has no password."));
    public static final Setting<String> AUTH_DBNAME = add(Setting.optional(
            "auth_dbname",
            new TextType(),
            "\"\"",
            RELOAD,
            "The configured database in which users are looked up; without it, the one that the client wants."));

    public static final Setting<LdapOptions> AUTH_LDAP_OPTIONS = add(Setting.optional(
            "auth_ldap_options",
            new LdapOptionsType(),
            "\"\"",
            RELOAD,
            "With `auth_type` `ldap`: which directory is asked, and how, in the words of PostgreSQL's `pg_hba.conf`,"
                    + " such as `ldapurl=\"ldaps://ldap.internal/dc=example,dc=net?uid?sub\"`."));

    public static final Setting<Integer> SCRAM_ITERATIONS = add(Setting.of(
            "scram_iterations",
            new IntegerType(1, MAX_SCRAM_ITERATIONS),
            4096,
            RESTART,
            "How often a client that logs in by SCRAM hashes a password that is stored in plain text here, and"
                    + " Spillway once for each user. Where a SCRAM secret is stored, that says how often."));
    public static final Setting<String> LOGIN_NOTIFY_MESSAGE = add(Setting.of(
            "login_notify_message",
            new TextType(),
            "",
            RELOAD,
            "A notice to each client that has logged in to a database, such as where it is connected; empty: none."));

    private LookupSettings() {}

    /** All of them, as they stand in the documentation. */
    static List<Setting<?>> all() {
        return List.copyOf(ALL);
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        ALL.add(setting);
        return setting;
    }
}
