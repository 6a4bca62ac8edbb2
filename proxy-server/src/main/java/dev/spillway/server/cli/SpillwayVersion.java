package dev.spillway.server.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version that was built, as the build wrote it into {@code version.properties}. Immutable. */
public final class SpillwayVersion implements IVersionProvider {
    /** Such as {@code 0.1.0-SNAPSHOT}. */
    public static String number() {
        Properties properties = new Properties();
        try (InputStream in = SpillwayVersion.class.getResourceAsStream("version.properties")) {
            properties.load(Objects.requireNonNull(in));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version", "");
    }

    @Override
    public String[] getVersion() {
        return new String[] {"Spillway " + number()};
    }
}
