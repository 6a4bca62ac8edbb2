package dev.spillway.server.check;

import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.SslMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One check of a configuration against its servers: makes the logins that the configuration means, and judges what it finds.
 *
 * <p>Used once, by one thread, which it blocks: for each login that nobody answers, for server_connect_timeout. It has one connection
 * at a time, and changes nothing but what connect_query changes.
 */
public final class Check {
    /** So many logins show what is wrong; a list of users may have thousands. */
    private static final int MOST_LOGINS = 200;

    /** The oldest major version that the tests run against; older ones have the catalogs, and no tests. */
    private static final int OLDEST_TESTED = 15;

    private final Plan plan;
    private final Prober prober;
    private final int instances;
    private final List<Finding> findings = new ArrayList<>();
    private final Map<Place, SessionFacts> reached = new LinkedHashMap<>();
    private final Set<String> told = new LinkedHashSet<>();
    private final FleetCheck fleet;

    Check(Plan plan, Prober prober, int instances) {
        this.plan = plan;
        this.prober = prober;
        this.instances = instances;
        this.fleet = new FleetCheck(plan, instances);
    }

    /**
     * Looks at everything.
     *
     * @param secrets what auth_file says
     * @param instances how many proxies with this configuration there are
     */
    public static Report run(ProxyConfig config, Map<String, StoredSecret> secrets, int instances) {
        return new Check(Plan.of(config, secrets), new JdbcProber(config), instances).run();
    }

    Report run() {
        List<Login> logins = plan.logins();
        logins.stream().limit(MOST_LOGINS).forEach(this::tryLogin);
        if (logins.size() > MOST_LOGINS) {
            findings.add(Finding.note(
                    "not_tried",
                    "logins",
                    (logins.size() - MOST_LOGINS) + " of " + logins.size() + " were left out",
                    ""));
        }
        if (logins.isEmpty()) {
            findings.add(Finding.note(
                    "nothing_to_try",
                    "configuration",
                    "no database and user are named together, so there is no login to try",
                    "name a database, and a user in it, in [users.NAME] or in auth_file"));
        }
        findings.addAll(new Capacity(plan, instances).judge(reached));
        findings.addAll(fleet.judge(reached));
        return new Report(findings);
    }

    private void tryLogin(Login login) {
        SessionFacts known = reached.get(login.place());
        if (plan.isStoredOnly(login)) {
            findings.add(Finding.note(
                    "not_tried",
                    login.where(),
                    "the user's password is known as a stored secret only, with which Spillway logs in and this check"
                            + " cannot",
                    ""));
        } else if (known != null && login.lookup() == null && !known.roles().containsKey(login.user())) {
            findings.add(Finding.warning(
                    "no_such_role",
                    login.where(),
                    "the server has no role " + login.user(),
                    "CREATE ROLE, or take the user out of [users." + login.user() + "] or auth_file"));
        } else {
            switch (prober.ask(login)) {
                case Answer.Refused refused -> onRefused(login, refused);
                case Answer.Reached answer -> onReached(login, answer);
            }
        }
    }

    private void onRefused(Login login, Answer.Refused refused) {
        String state = refused.sqlstate();
        String code = state.startsWith("28") || state.equals("08004")
                ? "login_refused"
                : state.startsWith("08")
                        ? "unreachable"
                        : state.equals("53300") ? "full" : state.equals("3D000") ? "no_such_database" : "login_failed";
        boolean isNoTls = refused.message().equals(JdbcProber.NO_TLS);
        String change = switch (code) {
            case "login_refused" ->
                isNoTls
                        ? "set ssl = on there, or server_tls_sslmode (sslmode of the database) to prefer"
                        : "the password that Spillway knows (database, [users." + login.user()
                                + "] or auth_file), or pg_hba.conf there";
            case "unreachable" -> "host and port of the database, or listen_addresses and a firewall there";
            case "full" -> "lower the pools of whoever holds the connections, or raise max_connections there";
            case "no_such_database" -> "dbname of the database, or CREATE DATABASE there";
            default -> "";
        };
        findings.add(Finding.error(isNoTls ? "no_tls" : code, login.where(), refused.message(), change));
    }

    private void onReached(Login login, Answer.Reached answer) {
        SessionFacts facts = answer.facts();
        fleet.onReached(login, answer);
        @Nullable SessionFacts before = reached.get(login.place());
        if (before == null || before.sessions() == null) {
            reached.put(login.place(), facts);
        }
        findings.add(Finding.ok(
                "login",
                login.where(),
                "PostgreSQL " + facts.versionText() + (facts.tls() == null ? ", no TLS" : ", " + facts.tls())));
        answer.failures()
                .forEach(failure -> findings.add(Finding.error(
                        failure.what(),
                        login.where(),
                        failure.what() + " fails: " + failure.message(),
                        remedy(failure, login))));
        if (told.add(login.place().text())) {
            judgeServer(login.place(), facts);
        }
        if (facts.isSuperuser() && told.add(login.place().text() + " " + login.user())) {
            findings.add(Finding.note(
                    "superuser",
                    login.where(),
                    "the user is a superuser: connections of its pools may use what is reserved, and no CONNECTION"
                            + " LIMIT holds for them",
                    ""));
        }
    }

    private static String remedy(Answer.Failure failure, Login login) {
        return failure.what().equals("auth_query") && failure.message().contains("denied")
                ? "a function with SECURITY DEFINER that " + login.user() + " may call, named in auth_query"
                : failure.what();
    }

    private void judgeServer(Place place, SessionFacts facts) {
        String where = place.text();
        if (facts.version() / 10_000 < OLDEST_TESTED) {
            findings.add(Finding.warning(
                    "version",
                    where,
                    "PostgreSQL " + facts.versionText() + " is older than what Spillway is tested with",
                    "upgrade to " + OLDEST_TESTED + " or later"));
        }
        if (facts.isStandby()) {
            findings.add(Finding.note("standby", where, "the server is a standby, where nothing can be written", ""));
        }
        if (!place.isLocal() && facts.tls() == null && place.tls() != SslMode.DISABLE) {
            findings.add(Finding.warning(
                    "no_tls",
                    where,
                    "the server does not speak TLS: passwords that are sent in the clear, and all data, can be read on"
                            + " the way",
                    "ssl = on there, then server_tls_sslmode = verify-full here"));
        } else if (!place.isLocal() && facts.tls() != null && !place.tls().isVerifying()) {
            findings.add(Finding.note(
                    "tls_not_verified",
                    where,
                    "nobody looks at the server's certificate (server_tls_sslmode "
                            + place.tls().spelling() + ")",
                    "server_tls_sslmode = verify-full and server_tls_ca_file"));
        }
        if (!facts.seesOthers()) {
            findings.add(Finding.note(
                    "not_monitor",
                    where,
                    "the user sees that others are connected, not what they do: enough to count them",
                    "GRANT pg_monitor, to see more"));
        }
        long serverIdle = facts.idleSessionTimeout().toMillis();
        long ours = plan.config().serverIdleTimeout().toMillis();
        if (serverIdle > 0 && (ours == 0 || ours >= serverIdle)) {
            findings.add(Finding.warning(
                    "idle_session_timeout",
                    where,
                    "the server ends connections that are idle for " + serverIdle
                            + " ms (idle_session_timeout), before Spillway does (server_idle_timeout)",
                    "set server_idle_timeout to " + Math.max(1, serverIdle / 2) + "ms"));
        }
    }
}
