package dev.spillway.core.config;

import org.jspecify.annotations.Nullable;

/** Changes one global setting of a running proxy's configuration, by its name. Keeps no state. */
public final class OneSetting {
    private static final Source PLACE = new Source("SET");

    private OneSetting() {}

    /** A copy of {@code running} with another value; what does not fit to the others is not looked for. */
    public static ProxyConfig set(ProxyConfig running, String name, String value) throws ConfigException {
        Problems problems = new Problems();
        @Nullable
        Setting<?> known = Settings.global().stream()
                .filter(setting -> setting.name().equals(name))
                .findFirst()
                .orElse(null);
        ProxyConfig next = running;
        if (known == null) {
            problems.addUnknown(
                    PLACE,
                    "setting",
                    name,
                    "",
                    Settings.global().stream().map(Setting::name).toList());
        } else if (!known.isReloadable()) {
            problems.add(PLACE, name + " cannot be changed while the proxy runs: this needs a restart");
        } else {
            next = set(running, known, value, problems);
        }
        problems.throwIfAny();
        return next;
    }

    private static <T> ProxyConfig set(ProxyConfig running, Setting<T> setting, String value, Problems problems) {
        try {
            return running.with(setting, setting.parse(RawValue.untyped(value, PLACE)));
        } catch (BadValueException e) {
            problems.add(PLACE, setting.name() + " " + e.getMessage());
            return running;
        }
    }
}
