package dev.spillway.server.configfile;

import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The documents that are made from the registry. */
final class SettingsDocuments {
    /** What makes both of them anew. */
    static final String REWRITE = "mvn -q -pl proxy-server -am test -Dtest=SettingsReferenceTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dwrite=true";

    private static final int WIDTH = 120;

    private SettingsDocuments() {}

    /** config/spillway.toml: settings behind "#", prose behind "# ". */
    static String sample() {
        StringBuilder out = new StringBuilder();
        prose(out, "Spillway's configuration. Every line below says what holds anyway: take away the # to change it.");
        prose(out, "Spans of time are seconds, or text with a unit: \"500ms\", \"30s\", \"5min\", \"2h\", \"1d\".");
        prose(out, "Made from the registry of settings by: " + REWRITE);
        for (Setting<?> setting : Settings.global()) {
            sampleRow(out, setting);
        }
        out.append('\n');
        prose(out, "Databases, by the name that clients ask for; [databases.\"*\"] stands for every other name.");
        out.append("#[databases.app]\n");
        Settings.database().forEach(setting -> sampleRow(out, setting));
        out.append('\n');
        prose(out, "Users, by the name that they log in with.");
        out.append("#[users.app]\n");
        Settings.user().forEach(setting -> sampleRow(out, setting));
        return out.toString();
    }

    private static void sampleRow(StringBuilder out, Setting<?> setting) {
        out.append('\n');
        prose(out, setting.doc().replace("`", ""));
        out.append('#')
                .append(setting.name())
                .append(" = ")
                .append(setting.sample())
                .append('\n');
    }

    private static void prose(StringBuilder out, String text) {
        StringBuilder line = new StringBuilder("#");
        for (String word : text.split(" ", -1)) {
            if (line.length() + 1 + word.length() > WIDTH) {
                out.append(line).append('\n');
                line = new StringBuilder("#");
            }
            line.append(' ').append(word);
        }
        out.append(line).append('\n');
    }

    /** docs/settings.md. */
    static String reference() {
        StringBuilder out = new StringBuilder(INTRODUCTION.replace("REWRITE", REWRITE));
        out.append("\n## Of the whole proxy\n\n");
        out.append("| setting | value | default | reload | meaning |\n|---|---|---|---|---|\n");
        for (Setting<?> setting : Settings.global()) {
            String reload = setting.isReloadable() ? "yes" : "restart";
            out.append(row(setting.name(), setting.typeLabel(), defaultCell(setting), reload, setting.doc()));
        }
        out.append("\n## Of one database: `[databases.NAME]`\n\n")
                .append(DATABASES)
                .append('\n');
        table(out, Settings.database());
        out.append("\n## Of one user: `[users.NAME]`\n\n");
        table(out, Settings.user());
        out.append('\n').append(ENVIRONMENT);
        out.append("\n| variable | setting |\n|---|---|\n");
        for (Map.Entry<String, Setting<?>> variable : EnvironmentLayers.POOL_VARIABLES.entrySet()) {
            out.append("| `").append(variable.getKey()).append("` | `");
            out.append(variable.getValue().name()).append("` |\n");
        }
        out.append(POOL_VARIABLES);
        out.append("\nVariables that begin with `SPILLWAY_` and are no settings: ");
        out.append(String.join(
                ", ",
                new TreeSet<>(EnvironmentLayers.NOT_SETTINGS)
                        .stream().map(v -> "`" + v + "`").toList()));
        return out.append(" (the configuration file, the JDK, and options for its JVM).\n")
                .toString();
    }

    private static void table(StringBuilder out, List<Setting<?>> settings) {
        out.append("| setting | value | default | meaning |\n|---|---|---|---|\n");
        settings.forEach(s -> out.append(row(s.name(), s.typeLabel(), defaultCell(s), s.doc())));
    }

    private static String defaultCell(Setting<?> setting) {
        return setting.isOptional() ? "none" : "`" + setting.sample() + "`";
    }

    private static String row(String name, String... cells) {
        return "| `" + name + "` | " + String.join(" | ", cells) + " |\n";
    }

    private static final String INTRODUCTION = """
        # Settings

        Made from the registry of settings (`Settings.java`); a test fails when this page lags. Do not edit it: run

            REWRITE

        Names and meanings are PgBouncer's wherever it has the same setting. Nothing is clamped: a value out of range, an
        unknown name or two settings that contradict each other end the start, and all problems are reported at once.

        What overrides what, the weakest first: the default; the file (`spillway run FILE`, or `SPILLWAY_CONFIG`;
        [spillway.toml](../config/spillway.toml) has every setting); `DB_POOL_SIZE` and its companions; `DATABASE_URL`;
        the environment variable `SPILLWAY_` + the setting's name in capitals; `--set NAME=VALUE`. Only settings of the
        whole proxy have a variable and can be `--set`.

        Plain numbers are seconds where a span of time is asked for, fractions included. Units are `ms`, `s`, `min`, `h`
        and `d`. Empty text means "none" where the default is none.

        A `pgbouncer.ini` is read too, with PgBouncer's defaults: see [Coming from PgBouncer](from-pgbouncer.md).
        """;

    private static final String POOL_VARIABLES = """

        - Spans of time are seconds, as they are to most pools. An empty variable says nothing.
        - Where `SPILLWAY_…` or `--set` says something else about the same setting, that counts, and the log says so. A `pool_size` or
          `reserve_pool_size` of a database or user in a file is about that one alone and counts there.
        - They are those of all of Spillway, not of one application: ten applications with a pool of 20 each do not need 200
          connections behind it.
        - `DB_MAX_OVERFLOW` is there after `reserve_pool_timeout` (5 s), not at once, so a `DB_POOL_TIMEOUT` that is no longer than that is
          refused until `SPILLWAY_RESERVE_POOL_TIMEOUT` is shorter.
        - `DB_POOL_RECYCLE=-1`, which is never, becomes 365 days. An overflow of -1 or a pool of 0, which are without limit, are refused;
          so is `DB_POOL_TIMEOUT=0`, which pools understand in two ways.
        """;

    private static final String DATABASES = """
        `NAME` is what clients ask for. `[databases."*"]` stands for every name that has no table of its own. `spillway` and
        `pgbouncer` are the console's.
        """;

    private static final String ENVIRONMENT = """
        ## Environment alone

        `DATABASE_URL=postgres://user:password@host:5432/name` is enough. It defines the database of its own name and, if
        the file has none, `*`; its user and password log in to the server, and clients log in with the same, unless
        `auth_type` says otherwise. Its user is the administrator of the console if `admin_users` is not set.

        - Without a password, no client could log in: the start is refused unless a file has users, or `auth_type` is `trust`
          or `any`.
        - User, password and name are percent-encoded UTF-8; IPv6 addresses stand in brackets; several hosts have commas
          between and one port; without a host it is
          `127.0.0.1`, without a port `5432`, without a name the user's.
        - Where a file has a database of the same name, the URL replaces its `host`, `port`, `dbname`, `user`, `password` and
          `sslmode` as a whole; `pool_size` and the others stay. The same holds for the password of a user.
        - `?sslmode=` is that of its databases. `sslrootcert`, `sslcert` and `sslkey` set `server_tls_ca_file`,
          `server_tls_cert_file` and `server_tls_key_file`; `sslrootcert=system` leaves it to what Java trusts.
          `connect_timeout` sets `server_connect_timeout`.
          `application_name` is accepted and has no effect: server connections carry the names of the clients that use
          them. Any other parameter is refused.

        Variables of applications' own pools, which `SPILLWAY_…` overrides:
        """;
}
