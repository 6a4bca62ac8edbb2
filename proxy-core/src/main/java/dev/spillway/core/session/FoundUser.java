package dev.spillway.core.session;

import dev.spillway.core.auth.StoredSecret;

/**
 * What a {@link UserLookup} has found. Immutable.
 *
 * @param name the user's, which need not be the one that was asked for
 * @param secret an empty password if there is none
 */
public record FoundUser(String name, StoredSecret secret) {}
