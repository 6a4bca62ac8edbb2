package dev.spillway.server.check;

import dev.spillway.core.fleet.Fleet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What instances need that share a PostgreSQL: connections for each, a database and a user to speak by, and the rights for it. Used
 * once, by one thread. It asks nobody: it is given what was answered.
 */
final class FleetCheck {
    private final Plan plan;
    private final int instances;
    private final @Nullable String fleet;
    private final Map<Login, Answer.Reached> reached = new LinkedHashMap<>();
    private final List<Finding> findings = new ArrayList<>();

    /** {@code instances}: how many proxies with this configuration there are. */
    FleetCheck(Plan plan, int instances) {
        this.plan = plan;
        this.instances = instances;
        this.fleet = plan.config().capacity().fleet();
    }

    /** Whoever logged in somewhere, and what came of it. */
    void onReached(Login login, Answer.Reached answer) {
        if (login.fleet() != null) {
            reached.put(login, answer);
        }
    }

    /** {@code all}: the servers that were reached, by whomever. */
    List<Finding> judge(Map<Place, SessionFacts> all) {
        if (fleet == null) {
            return List.of();
        }
        reached.forEach(this::judge);
        for (PlannedPool speaker : plan.speakers()) {
            boolean isReached = speaker.places().stream().anyMatch(all::containsKey);
            boolean speaks =
                    reached.keySet().stream().anyMatch(login -> speaker.places().contains(login.place()));
            if (isReached && !speaks) {
                findings.add(Finding.error(
                        "fleet_unreachable",
                        "database " + speaker.database().name(),
                        "the fleet speaks by database " + speaker.dbname() + " as user " + speaker.user()
                                + ", and that login does not work here: one connection is all that an instance has"
                                + " then",
                        "set fleet_dbname, and user or auth_user there, to one that works"));
            }
        }
        if (plan.speakers().isEmpty()) {
            findings.add(Finding.note(
                    "fleet_speaks_later",
                    "fleet " + fleet,
                    "no database and user are named by which it could speak, so it does by the first that a client"
                            + " uses. It has to be the same for all instances",
                    "set fleet_dbname, and user or auth_user there"));
        }
        return findings;
    }

    private void judge(Login login, Answer.Reached answer) {
        SessionFacts server = answer.facts();
        FleetFacts facts = answer.fleet();
        if (facts == null || server.sessions() == null) {
            findings.add(Finding.error(
                    "fleet_blind",
                    login.where(),
                    "pg_stat_activity cannot be read, by which instances of a fleet find each other",
                    "GRANT SELECT ON pg_catalog.pg_stat_activity TO " + login.user()));
            return;
        }
        judgeRights(login, facts);
        judgeLimit(login, server);
        judgeShares(login, server, facts);
    }

    private void judgeRights(Login login, FleetFacts facts) {
        if (!facts.showsActivity()) {
            findings.add(Finding.error(
                    "fleet_blind",
                    login.where(),
                    "track_activities is off, so nobody sees since when an instance has been silent, and no instance"
                            + " sees another",
                    "ALTER ROLE " + login.user() + " SET track_activities = on, or in postgresql.conf"));
        }
        if (!facts.mayLock()) {
            findings.add(Finding.error(
                    "fleet_lock",
                    login.where(),
                    "the user may not take the fleet's advisory lock, so no instance ever gets more than one"
                            + " connection",
                    "GRANT EXECUTE ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(int, int) TO " + login.user()));
        }
        if (!facts.mayEnd()) {
            findings.add(Finding.warning(
                    "fleet_end",
                    login.where(),
                    "the user may not end connections of its own role: what an instance has that hangs is lost to the"
                            + " others for as long",
                    "GRANT EXECUTE ON FUNCTION pg_catalog.pg_terminate_backend TO " + login.user()));
        }
    }

    /** Each instance has a connection to speak by, and needs another for its clients. */
    private void judgeLimit(Login login, SessionFacts server) {
        SessionFacts.@Nullable Role role = server.roles().get(login.user());
        if (role == null || role.isSuperuser()) {
            return;
        }
        int least = 2 * instances;
        limit(login, "role " + login.user(), "ALTER ROLE " + login.user(), role.connectionLimit(), least);
        @Nullable Integer ofDatabase = server.databases().get(login.dbname());
        if (ofDatabase != null) {
            limit(login, "database " + login.dbname(), "ALTER DATABASE " + login.dbname(), ofDatabase, least);
        }
    }

    private void limit(Login login, String whose, String command, int limit, int least) {
        if (limit >= 0 && limit < least) {
            findings.add(Finding.error(
                    "fleet_limit",
                    login.where(),
                    "the CONNECTION LIMIT of " + whose + " is " + limit + ": "
                            + (instances == 1 ? "an instance needs" : instances + " instances need")
                            + " one to speak by and one for clients each",
                    command + " CONNECTION LIMIT " + least + " at least"));
        }
    }

    private void judgeShares(Login login, SessionFacts server, FleetFacts facts) {
        List<PlannedPool> pools = plan.pools().stream()
                .filter(pool -> pool.places().contains(login.place()))
                .toList();
        Room room = Room.of(server, pools, false, plan.config().capacity());
        int all = room.isKept() ? room.connections() : plan.config().capacity().maxServerConnections();
        int shared = all - Fleet.NEWCOMERS;
        String where = login.place().text() + ", fleet " + fleet;
        String now = facts.members() == 0
                ? "No instance speaks there now"
                : facts.members() + (facts.members() == 1 ? " instance speaks" : " instances speak") + " there now";
        String have = (room.isKept() ? room.words() : "max_server_connections " + all) + ", less " + Fleet.NEWCOMERS
                + " that stay free for an instance that comes: " + Math.max(0, shared);
        int least = 2 * Math.max(instances, facts.members());
        if (shared < least) {
            findings.add(Finding.error(
                    "fleet_too_large",
                    where,
                    have + ". " + now + ", and each needs one to speak by and one for clients",
                    room.isKept()
                            ? "raise max_connections to at least "
                                    + room.enoughFor(
                                            least + Fleet.NEWCOMERS,
                                            server,
                                            plan.config().capacity())
                                    + ", or run fewer instances"
                            : "set max_server_connections to " + (least + Fleet.NEWCOMERS) + " at least"));
        } else {
            findings.add(Finding.ok(
                    "fleet",
                    where,
                    have + " for all instances, by need, the one to speak by included. " + now
                            + (instances > 1
                                    ? "; if all of " + instances + " are busy each has " + shared / instances
                                    : "")));
        }
    }
}
