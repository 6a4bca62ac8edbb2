package dev.spillway.core.session;

import dev.spillway.core.session.LeaseClock.Doing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What a client is at that may last too long, and what of it has been told of. One per client that was told of; no state otherwise. */
final class Stays {
    private final Map<Stay.What, Long> toldSinceNanos = new EnumMap<>(Stay.What.class);

    /** All of it, whatever its age. {@code pin}: what keeps its server beyond a transaction, empty if nothing does. */
    static List<Stay> of(
            LeaseClock clock, Doing doing, String pin, TimeLimits limits, Duration pinLimit, long nowNanos) {
        List<Stay> stays = new ArrayList<>(2);
        switch (doing) {
            case ASKING -> stays.add(stay(clock, Stay.What.QUERY, limits.query(), "", nowNanos));
            case HOLDING ->
                stays.add(stay(clock, Stay.What.IDLE_IN_TRANSACTION, limits.idleTransaction(), "", nowNanos));
            case IDLING -> {
                if (!pin.isEmpty()) {
                    stays.add(stay(clock, Stay.What.PIN, pinLimit, pin, nowNanos));
                }
            }
        }
        boolean isTransaction = clock.isInTransaction() || limits.transaction().isPositive();
        if (doing != Doing.IDLING && isTransaction) {
            stays.add(stay(clock, Stay.What.TRANSACTION, limits.transaction(), "", nowNanos));
        }
        return stays;
    }

    private static Stay stay(LeaseClock clock, Stay.What what, Duration limit, String reason, long nowNanos) {
        return new Stay(what, nowNanos - clock.sinceNanos(what), limit, reason);
    }

    /** Is {@code stay} to be told of? Each is once, however long it goes on. */
    boolean isNews(Stay stay, long nowNanos) {
        Long since = nowNanos - stay.ageNanos();
        return !since.equals(toldSinceNanos.put(stay.what(), since));
    }
}
