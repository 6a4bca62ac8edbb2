package dev.spillway.server.ops;

import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.auth.UserList;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.server.configfile.FileProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads auth_file, and blocks while it does. Keeps no state. */
public final class AuthFile {
    private static final Logger LOG = LoggerFactory.getLogger(AuthFile.class);

    private AuthFile() {}

    /**
     * The secrets in the auth_file of {@code config}, if it has one; lines that are none are logged.
     *
     * @throws IOException if it cannot be read; the message is for the user
     */
    public static Map<String, StoredSecret> read(ProxyConfig config) throws IOException {
        String file = config.authFile();
        if (file == null) {
            return Map.of();
        }
        UserList users = UserList.parse(text(file));
        users.problems().forEach(problem -> LOG.warn("{}:{}: {}", file, problem.line(), problem.text()));
        return users.users();
    }

    private static String text(String authFile) throws IOException {
        String problem;
        try {
            return Files.readString(Path.of(authFile));
        } catch (IOException e) {
            problem = FileProblem.of(e);
        } catch (InvalidPathException e) {
            problem = e.getMessage();
        }
        throw new IOException("auth_file " + authFile + " cannot be read: " + problem);
    }
}
