package dev.spillway.core.config;

/**
 * One thing that is wrong with a configuration.
 *
 * @param source where it is wrong
 * @param text what is wrong and what to do, without a secret in it
 */
public record Problem(Source source, String text) {
    /** One line: {@code spillway.toml:12: unknown setting 'defalt_pool_size': did you mean …}. */
    @Override
    public String toString() {
        return source + ": " + text;
    }
}
