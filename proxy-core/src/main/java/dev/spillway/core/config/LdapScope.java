package dev.spillway.core.config;

import org.jspecify.annotations.Nullable;

/** How far below its base a search goes, as RFC 4516 spells it. */
public enum LdapScope {
    BASE("base"),
    ONE("one"),
    SUB("sub");

    private final String spelling;

    LdapScope(String spelling) {
        this.spelling = spelling;
    }

    /** Null if there is none of that spelling. */
    static @Nullable LdapScope find(String spelling) {
        for (LdapScope scope : values()) {
            if (scope.spelling.equals(spelling)) {
                return scope;
            }
        }
        return null;
    }
}
