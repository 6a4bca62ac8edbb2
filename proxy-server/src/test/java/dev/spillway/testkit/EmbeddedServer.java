package dev.spillway.testkit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * PostgreSQL as a child process. The library's shutdown hook destroys it, together with its data directory.
 *
 * @param directory of its data, and of its Unix socket
 */
record EmbeddedServer(int port, Path directory) {
    static EmbeddedServer start() {
        AtomicReference<Path> data = new AtomicReference<>();
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("unix_socket_directories", ".") // the data directory
                .setServerConfig("log_min_messages", "fatal") // errors are what the tests provoke
                .setDataDirectoryCustomizer(directory -> data.set(withAccessRules(directory.toPath())))
                .setPGStartupWait(Duration.ofSeconds(60));
        PostgresFixture.SETTINGS.forEach(builder::setServerConfig);
        try {
            return new EmbeddedServer(builder.start().getPort(), Objects.requireNonNull(data.get()));
        } catch (IOException e) {
            throw new UncheckedIOException("embedded PostgreSQL did not start", e);
        }
    }

    private static Path withAccessRules(Path directory) {
        try {
            Files.writeString(directory.resolve("pg_hba.conf"), PostgresFixture.accessRules("127.0.0.1/32"));
            return directory.toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
