package dev.spillway.core.session;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.session.state.StatePolicy;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Startup parameters that are accepted and have no effect, {@code ignore_startup_parameters}. The word {@code options} in it is
 * for what {@code options} set and no parameter of the packet: of that, PgBouncer goes on to follow the parameters that it
 * follows anyway.
 *
 * @param names in lower case
 * @param kept those of {@code options} that have their effect nevertheless
 */
public record IgnoredParameters(Set<String> names, Set<String> kept) {
    private static final String OPTIONS = "options";

    public static IgnoredParameters of(ProxyConfig config) {
        Set<String> names = new TreeSet<>();
        config.ignoreStartupParameters().forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
        return new IgnoredParameters(Set.copyOf(names), StatePolicy.followed(config.trackExtraParameters()));
    }

    /** Is {@code name}, in lower case, one? */
    boolean has(String name, boolean isOfOptions) {
        return names.contains(name) || (isOfOptions && names.contains(OPTIONS) && !kept.contains(name));
    }
}
