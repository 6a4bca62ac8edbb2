package dev.spillway.core.config;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Writes a configuration as a TOML file: what differs from the defaults, secrets in clear text. Stateless. */
public final class TomlText {
    private static final Pattern BARE_KEY = Pattern.compile("[A-Za-z0-9_-]+");

    private TomlText() {}

    /** A file that makes {@code config} again when it is read. */
    public static String of(ProxyConfig config) {
        StringBuilder out = new StringBuilder();
        settings(out, Settings.global(), config.values());
        if (config.databases().isEmpty()) {
            // A table without a database in it says that there is to be none.
            out.append("\n[databases]\n");
        }
        config.databases().forEach((name, database) -> {
            header(out, "databases", name);
            settings(out, Settings.database(), database.values());
        });
        config.users().forEach((name, user) -> {
            header(out, "users", name);
            settings(out, Settings.user(), user.values());
        });
        return out.toString();
    }

    private static void header(StringBuilder out, String kind, String name) {
        String key = BARE_KEY.matcher(name).matches() ? name : SettingType.quote(name);
        out.append("\n[").append(kind).append('.').append(key).append("]\n");
    }

    private static void settings(StringBuilder out, List<Setting<?>> settings, SettingValues values) {
        for (Setting<?> setting : settings) {
            @Nullable String value = setting.toml(values);
            if (value != null) {
                out.append(setting.name()).append(" = ").append(value).append('\n');
            }
        }
    }
}
