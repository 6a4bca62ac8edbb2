package dev.spillway.server.admin;

/** Which version of PostgreSQL the console says it is, for drivers that choose by it what they may send. */
final class ServerVersion {
    /** As {@code server_version_num} has it. */
    static final int NUMBER = 150_000;

    private static final String SHORT = "15.0";

    private ServerVersion() {}

    /** As {@code server_version} has it; {@code version} is the console's own. */
    static String text(String version) {
        return SHORT + " (" + version + ")";
    }

    /** As the function {@code version()} has it. */
    static String sentence(String version) {
        return "PostgreSQL " + text(version);
    }
}
