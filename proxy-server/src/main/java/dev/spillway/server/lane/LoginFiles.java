package dev.spillway.server.lane;

import dev.spillway.core.auth.AccessRules;
import dev.spillway.core.auth.PasswordJudges;
import dev.spillway.core.auth.StoredSecret;
import java.util.Map;

/**
 * What the files say that a configuration mentions for logins. Immutable.
 *
 * @param secrets by user: auth_file
 * @param rules those of auth_hba_file; none where it is not in use
 * @param systemUsers the system's users by their numbers; none where nobody asks
 * @param judges whom configuration and rules ask about passwords
 */
public record LoginFiles(
        Map<String, StoredSecret> secrets, AccessRules rules, Map<Integer, String> systemUsers, PasswordJudges judges) {
    public LoginFiles {
        secrets = Map.copyOf(secrets);
        systemUsers = Map.copyOf(systemUsers);
    }
}
