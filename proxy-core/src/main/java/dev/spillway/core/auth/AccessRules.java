package dev.spillway.core.auth;

import dev.spillway.core.config.LdapOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * PgBouncer's {@code auth_hba_file}: the first of its lines that a client fits says how that client has to prove who it is.
 * Immutable.
 *
 * <p>The format is PostgreSQL's as far as PgBouncer has it. Unlike PgBouncer, which leaves out lines that it does not understand
 * and goes on, all problems are reported: a line that is missing may be the one that was to keep somebody out.
 */
public record AccessRules(List<AccessRule> rules) {
    public static final AccessRules NONE = new AccessRules(List.of());

    public AccessRules {
        rules = List.copyOf(rules);
    }

    /** Reads the text of {@code file}; never throws, and leaves out what is wrong. */
    public static AccessRules parse(
            String file, String text, IdentMaps maps, NameFiles files, Consumer<AccessProblem> problems) {
        AccessRuleReader reader = new AccessRuleReader(file, maps, files, problems);
        List<AccessRule> rules = new ArrayList<>();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            AccessRule rule = reader.read(number, line);
            if (rule != null) {
                rules.add(rule);
            }
        }
        return new AccessRules(rules);
    }

    /** The first rule that {@code request} fits; null: there is none. */
    public @Nullable AccessRule find(AccessRequest request) {
        for (AccessRule rule : rules) {
            if (rule.isFor(request)) {
                return rule;
            }
        }
        return null;
    }

    /** The directories that lines ask. */
    public Set<LdapOptions> directories() {
        return rules.stream().map(AccessRule::ldap).filter(Objects::nonNull).collect(Collectors.toUnmodifiableSet());
    }

    /** Does any line ask for {@code method}? */
    public boolean ask(AccessMethod method) {
        return rules.stream().anyMatch(rule -> rule.method() == method);
    }
}
