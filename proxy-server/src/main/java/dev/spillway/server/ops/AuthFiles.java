package dev.spillway.server.ops;

import dev.spillway.core.auth.AccessMethod;
import dev.spillway.core.auth.AccessProblem;
import dev.spillway.core.auth.AccessRules;
import dev.spillway.core.auth.IdentMaps;
import dev.spillway.core.auth.NameFiles;
import dev.spillway.core.auth.PasswordJudges;
import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.auth.UserList;
import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.LdapOptions;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.server.configfile.FileProblem;
import dev.spillway.server.judge.Judges;
import dev.spillway.server.lane.LoginFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads auth_file, auth_hba_file and auth_ident_file, and blocks while it does. Keeps no state. */
public final class AuthFiles {
    private static final Logger LOG = LoggerFactory.getLogger(AuthFiles.class);

    /** Where a system has its users, if it has them nowhere else. */
    private static final Path SYSTEM_USERS = Path.of("/etc/passwd");

    private static final int USER_ID = 2;

    private AuthFiles() {}

    /**
     * What the files of {@code config} say. Lines of auth_file that are none are logged.
     *
     * @throws IOException if one cannot be read, or an access file has problems: the message is for the user, a line for each
     */
    public static LoginFiles read(ProxyConfig config) throws IOException {
        Map<String, StoredSecret> secrets = secrets(config);
        AccessRules rules = rules(config);
        if (rules.ask(AccessMethod.CERT) && !config.tls().clientTlsSslmode().isVerifying()) {
            LOG.warn(
                    "auth_hba_file asks for certificates (cert), which clients are not asked for with"
                            + " client_tls_sslmode '{}'",
                    config.tls().clientTlsSslmode().spelling());
        }
        boolean isPeerAsked = rules.ask(AccessMethod.PEER) || config.authType() == AuthType.PEER;
        return new LoginFiles(secrets, rules, isPeerAsked ? systemUsers() : Map.of(), judges(config, rules));
    }

    private static PasswordJudges judges(ProxyConfig config, AccessRules rules) throws IOException {
        Set<LdapOptions> directories = new HashSet<>(rules.directories());
        if (config.authType() == AuthType.LDAP) {
            LdapOptions options = config.authLdapOptions();
            if (options == null) { // SET can make it so
                throw new IOException("auth_type 'ldap' needs auth_ldap_options, which is not set");
            }
            directories.add(options);
        }
        boolean isSystemAsked = rules.ask(AccessMethod.PAM) || config.authType() == AuthType.PAM;
        return Judges.of(directories, isSystemAsked, System.getenv());
    }

    /** What is strange about auth_file, without secrets. */
    public static List<String> doubts(ProxyConfig config) throws IOException {
        String file = config.authFile();
        return file == null ? List.of() : doubts(file, UserList.parse(text("auth_file", file)));
    }

    private static List<String> doubts(String file, UserList users) {
        return users.problems().stream()
                .map(problem -> file + ":" + problem.line() + ": " + problem.text())
                .toList();
    }

    private static Map<String, StoredSecret> secrets(ProxyConfig config) throws IOException {
        String file = config.authFile();
        if (file == null) {
            return Map.of();
        }
        UserList users = UserList.parse(text("auth_file", file));
        doubts(file, users).forEach(doubt -> LOG.warn("{}", doubt));
        return users.users();
    }

    private static AccessRules rules(ProxyConfig config) throws IOException {
        String file = config.authHbaFile();
        if (config.authType() != AuthType.HBA || file == null) {
            return AccessRules.NONE;
        }
        List<AccessProblem> problems = new ArrayList<>();
        String identFile = config.authIdentFile();
        IdentMaps maps = identFile == null
                ? IdentMaps.NONE
                : IdentMaps.parse(identFile, text("auth_ident_file", identFile), problems::add);
        AccessRules rules =
                AccessRules.parse(file, text("auth_hba_file", file), maps, new FilesBeside(), problems::add);
        if (!problems.isEmpty()) {
            throw new IOException(problems.stream().map(AccessProblem::toString).collect(Collectors.joining("\n")));
        }
        return rules;
    }

    /** Files of names that another mentions. */
    private static final class FilesBeside implements NameFiles {
        @Override
        public String resolve(String file, String name) {
            try {
                return Path.of(file).resolveSibling(name).toString();
            } catch (InvalidPathException e) {
                return name;
            }
        }

        @Override
        public String read(String file) throws IOException {
            return AuthFiles.read(file);
        }
    }

    private static Map<Integer, String> systemUsers() throws IOException {
        Map<Integer, String> names = new HashMap<>();
        for (String line :
                text("the file of the system's users", SYSTEM_USERS.toString()).split("\n", -1)) {
            String[] fields = line.split(":", -1);
            if (fields.length > USER_ID && fields[USER_ID].matches("[0-9]{1,9}")) {
                names.putIfAbsent(Integer.valueOf(fields[USER_ID]), fields[0]);
            }
        }
        return names;
    }

    private static String text(String setting, String file) throws IOException {
        try {
            return read(file);
        } catch (IOException e) {
            throw new IOException(setting + " " + file + " cannot be read: " + e.getMessage());
        }
    }

    /** The message of what is thrown says why, and no more. */
    private static String read(String file) throws IOException {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new IOException(FileProblem.of(e), e);
        } catch (InvalidPathException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
