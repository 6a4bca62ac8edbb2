package dev.spillway.server.configfile;

import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.Layer;
import dev.spillway.core.config.Problems;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.RawTable;
import dev.spillway.core.config.RawValue;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Source;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.TlsSettings;
import dev.spillway.core.config.UserSettings;
import dev.spillway.server.configfile.DatabaseUrlParser.MalformedUrlException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code DATABASE_URL} says, as layers: the database of its own name and {@code *}, its login for the server, the
 * same
 * login for clients, and its user as administrator of the console unless admin_users names others. Without the variable
 * both layers are empty. Used by one thread.
 */
final class DatabaseUrlLayers {
    static final String VARIABLE = "DATABASE_URL";

    private static final Source SOURCE = Source.environment(VARIABLE);
    private static final List<String> PARAMETERS =
            List.of("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name");
    /** libpq's word for the authorities that the system trusts, which are ours where nothing is set. */
    private static final String SYSTEM = "system";

    private final Problems problems;
    private final @Nullable DatabaseUrl url;
    private final boolean isMalformed;

    DatabaseUrlLayers(@Nullable String text, Problems problems) {
        this.problems = problems;
        this.url = text == null ? null : parse(text);
        this.isMalformed = text != null && url == null;
    }

    private @Nullable DatabaseUrl parse(String text) {
        try {
            return DatabaseUrlParser.parse(text);
        } catch (MalformedUrlException e) {
            problems.add(SOURCE, VARIABLE + " " + e.getMessage());
            return null;
        }
    }

    /** What a file overrides. */
    Layer weak() {
        Layer layer = new Layer(SOURCE);
        if (url != null && !url.user().isEmpty()) {
            layer.global().put(Settings.ADMIN_USERS.name(), value(url.user()));
        }
        return layer;
    }

    /** What overrides a file; {@code withFallback}: whether {@code *} is part of it. */
    Layer strong(boolean withFallback) {
        Layer layer = new Layer(SOURCE);
        if (isMalformed) {
            layer.markUnreadable();
        }
        if (url == null) {
            return layer;
        }
        String name = url.dbname().isEmpty() ? url.user() : url.dbname();
        if (name.isEmpty()) {
            problems.add(SOURCE, VARIABLE + " names neither a database nor a user");
            layer.markUnreadable();
            return layer;
        }
        putTarget(layer.database(name, SOURCE), url);
        if (withFallback) {
            putTarget(layer.database(ProxyConfig.FALLBACK, SOURCE), url);
        }
        if (!url.user().isEmpty()) {
            RawTable user = layer.user(url.user(), SOURCE);
            if (url.password() != null) {
                user.put(UserSettings.PASSWORD.name(), value(url.password().reveal()));
            }
        }
        readParameters(url.parameters(), layer.global());
        return layer;
    }

    /** All of it, so that nothing of an address in a file remains; each database has its own name on the server. */
    private static void putTarget(RawTable table, DatabaseUrl url) {
        table.put(DatabaseSettings.HOST.name(), valueOrUnset(url.host()));
        table.put(DatabaseSettings.PORT.name(), valueOrUnset(url.port()));
        table.put(DatabaseSettings.DBNAME.name(), RawValue.unset(SOURCE));
        table.put(DatabaseSettings.USER.name(), valueOrUnset(url.user()));
        String password = url.password() == null ? "" : url.password().reveal();
        table.put(DatabaseSettings.PASSWORD.name(), valueOrUnset(password));
        String mode = url.parameters().getOrDefault("sslmode", "");
        table.put(DatabaseSettings.SSLMODE.name(), isMode(mode) ? value(mode) : RawValue.unset(SOURCE));
    }

    private void readParameters(Map<String, String> parameters, RawTable global) {
        parameters.forEach((name, value) -> {
            switch (name) {
                case "sslmode" -> {
                    if (!isMode(value)) {
                        problems.add(SOURCE, VARIABLE + " has an unknown sslmode");
                    }
                }
                case "sslrootcert" ->
                    global.put(TlsSettings.SERVER_TLS_CA_FILE.name(), valueOrUnset(value.equals(SYSTEM) ? "" : value));
                case "sslcert" -> global.put(TlsSettings.SERVER_TLS_CERT_FILE.name(), value(value));
                case "sslkey" -> global.put(TlsSettings.SERVER_TLS_KEY_FILE.name(), value(value));
                case "connect_timeout" -> global.put(Settings.SERVER_CONNECT_TIMEOUT.name(), value(value));
                case "application_name" -> {
                    // Server connections carry the names of the clients that use them.
                }
                default -> problems.addUnknown(SOURCE, "parameter", name, " of " + VARIABLE, PARAMETERS);
            }
        });
    }

    private static boolean isMode(String word) {
        return Stream.of(SslMode.values()).anyMatch(mode -> mode.spelling().equals(word));
    }

    private static RawValue valueOrUnset(String text) {
        return text.isEmpty() ? RawValue.unset(SOURCE) : value(text);
    }

    private static RawValue value(String text) {
        return RawValue.untyped(text, SOURCE);
    }
}
