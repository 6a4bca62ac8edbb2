package dev.spillway.core.pool;

import dev.spillway.core.config.CapacityConfig;
import dev.spillway.core.time.RecentMost;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How many connections all pools together may have to one PostgreSQL, and to each role and database of it: what it has, without what
 * it reserves, what others use and some room for them; or a number that is configured.
 *
 * <p>Thread-safe. A server is asked ({@link HostReading}) when the first one logs in, from then on while there is something to do, and
 * when a login was refused; one reads at a time. Before the first answer one server is opened and not two. Nothing here is touched on
 * the path of a byte.
 */
public final class HostBudget {
    private static final long SECOND_NANOS = 1_000_000_000;
    private static final long PERIOD_NANOS = 5 * SECOND_NANOS;
    private static final long AFTER_REFUSAL_NANOS = SECOND_NANOS / 5;
    private static final long AFTER_CHANGE_NANOS = SECOND_NANOS;
    private static final long WHILE_PRESSED_NANOS = SECOND_NANOS / 2;
    private static final long AFTER_FAILURE_NANOS = 60 * SECOND_NANOS;
    /** Those who were being opened when it was asked are known as ours by then. */
    private static final long SETTLE_NANOS = SECOND_NANOS * 3 / 10;
    /** What others had counts for so long. */
    private static final long PEAK_NANOS = 60 * SECOND_NANOS;
    /** A first server that hangs does not hold up all others for longer. */
    private static final long FIRST_PATIENCE_NANOS = SECOND_NANOS;

    /** A process of PostgreSQL's has ended so long after its connection was closed, as a rule. */
    private static final long END_NANOS = SECOND_NANOS / 20;

    private static final int MOST_LEAVING = 100;
    private static final int BLIND_OPENINGS = 10;

    /** So many places are left for each that is on its way: whoever comes meanwhile gets one of those. */
    private static final int LEFT_PER_OPENING = 4;

    /**
     * What was read last.
     *
     * @param others connections that are not ours, and {@code othersPeak} the most in the last minute; -1: it does not tell
     */
    private record Known(
            int maxConnections,
            int reserved,
            int others,
            int othersPeak,
            Map<String, Integer> roles,
            Map<String, Integer> databases) {
        static final Known NOTHING = new Known(0, 0, -1, -1, Map.of(), Map.of());
    }

    private record Pending(HostReading reading, long askedNanos, long answeredNanos) {}

    private final String name;
    private final Cap cap = new Cap(0);
    private final Map<String, Cap> roles = new ConcurrentHashMap<>();
    private final Map<String, Cap> databases = new ConcurrentHashMap<>();
    private final OwnProcesses ours = new OwnProcesses();

    /** When those were closed that may not have ended yet. */
    private final Queue<Long> leaving = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean isReading = new AtomicBoolean();
    private final AtomicBoolean isGated = new AtomicBoolean();
    private final AtomicInteger peak = new AtomicInteger();
    private final AtomicLong refusals = new AtomicLong();
    /** Confined to whoever reads. */
    private final RecentMost othersPeak = new RecentMost(PEAK_NANOS);
    /** When somebody has told how many others there are; confined to whoever reads. */
    private long othersNanos;

    private final Rush rush = new Rush();

    /** Null: nothing is shared with other instances. */
    private final @Nullable FleetPart fleet;

    private volatile Known known = Known.NOTHING;
    private volatile @Nullable Pending pending;
    private volatile boolean isTried;
    private volatile boolean isRefused;
    private volatile String problem = "";
    private volatile long nextNanos;
    private volatile long firstNanos;
    private volatile long askedNanos;
    private volatile int fixed;
    private volatile IntUnaryOperator headroom = usable -> 0;

    /** How many pools are under it; {@link PoolShares} counts. */
    int pools;

    HostBudget(String name, CapacityConfig config) {
        this.name = name;
        this.fleet = config.fleet() == null ? null : new FleetPart();
        configure(config);
    }

    private HostBudget() {
        this.name = "";
        this.fleet = null;
    }

    /** Of a host that nobody knows or limits. */
    static HostBudget unlimited() {
        HostBudget budget = new HostBudget();
        budget.isTried = true;
        budget.isReading.set(true); // and never asked
        return budget;
    }

    void configure(CapacityConfig config) {
        fixed = config.maxServerConnections();
        headroom = config::headroom;
        apply();
    }

    Cap cap() {
        return cap;
    }

    /** The limit of that role, which pools come under from now on. */
    void adoptRole(String role, Cap ofRole) {
        roles.put(role, ofRole);
        apply();
    }

    void adoptDatabase(String database, Cap ofDatabase) {
        databases.put(database, ofDatabase);
        apply();
    }

    void dropRole(String role) {
        roles.remove(role);
    }

    void dropDatabase(String database) {
        databases.remove(database);
    }

    // ---- room ----------------------------------------------------------------------------------------------------

    /**
     * Takes room for one that is to be opened. Near the limit it is one at a time, for others may be quicker; and one at a time too
     * where as many might come as came lately.
     */
    boolean tryTake(long nowNanos) {
        FleetPart shared = fleet;
        boolean isCertain = shared == null || shared.isCertain(nowNanos);
        boolean isFree = isCertain && !isWaitingForEnds(nowNanos) && !isHeld(nowNanos);
        if (!isFree || !cap.tryBegin(allowance(nowNanos))) {
            isGated.set(true);
            return false;
        }
        if (!cap.tryTake(nowNanos)) {
            cap.endsOpening();
            return false;
        }
        peak.accumulateAndGet(cap.used(), Math::max);
        return true;
    }

    /** Would others be quicker? Where none of ours is open one is tried all the same: nobody else could find out. */
    private boolean isHeld(long nowNanos) {
        return rush.isOn(nowNanos) && cap.used() > cap.opening();
    }

    /** Are as many as there may be open or just closed? */
    private boolean isWaitingForEnds(long nowNanos) {
        int most = cap.limit();
        for (Long closed = leaving.peek(); closed != null && nowNanos - closed > END_NANOS; closed = leaving.peek()) {
            leaving.remove(closed);
        }
        return most > 0 && cap.used() + leaving.size() >= most && !leaving.isEmpty();
    }

    /** A server was closed, whose process takes a moment to end. */
    void leaves(long nowNanos) {
        leaving.add(nowNanos);
        while (leaving.size() > MOST_LEAVING) {
            leaving.poll();
        }
    }

    /** How many may be on their way at a time. */
    private int allowance(long nowNanos) {
        int most = cap.limit();
        if (most > 0) {
            return Math.max(1, (most - cap.used() - rush.greatest()) / LEFT_PER_OPENING);
        }
        if (isTried) {
            return BLIND_OPENINGS;
        }
        if (cap.used() == 0) {
            firstNanos = nowNanos;
            return 1;
        }
        return nowNanos - firstNanos > FIRST_PATIENCE_NANOS ? BLIND_OPENINGS : 0;
    }

    /** One is open, or will not be. True: somebody could not be opened meanwhile. */
    boolean endsOpening() {
        cap.endsOpening();
        return isGated.getAndSet(false);
    }

    void onRefusal(long nowNanos) {
        if (fixed == 0 && known.maxConnections > 0) {
            rush.refused(nowNanos);
        }
        refusals.incrementAndGet();
        isRefused = true;
    }

    // ---- reading -------------------------------------------------------------------------------------------------

    /** That process is a server of ours. */
    public void owns(int processId, long nowNanos) {
        ours.add(processId, nowNanos);
    }

    /** Is the host to be asked for the first time? Then the caller does, and tells how it ended. */
    public boolean claimFirstReading(long nowNanos) {
        return fleet == null && fixed == 0 && !isTried && claim(nowNanos);
    }

    /** Is it to be asked again? Then the caller does, and tells how it ended. */
    public boolean claimReading(long nowNanos) {
        return fleet == null && isReadingDue(nowNanos) && claim(nowNanos);
    }

    /** The same, where it is for a fleet: then the one who speaks with it asks, on a connection that it has already. */
    public boolean claimForFleet(long nowNanos) {
        return fleet != null && isReadingDue(nowNanos) && claim(nowNanos);
    }

    private boolean isReadingDue(long nowNanos) {
        return fixed == 0 && nowNanos - dueNanos() >= 0;
    }

    private long dueNanos() {
        if (!isTried) {
            return firstNanos + FIRST_PATIENCE_NANOS;
        }
        if (isRefused) {
            return Math.min(nextNanos, askedNanos + AFTER_REFUSAL_NANOS);
        }
        return isPressed() ? Math.min(nextNanos, askedNanos + WHILE_PRESSED_NANOS) : nextNanos;
    }

    /** Do clients wait for what others have? Each moment counts that it is known later that those have left, or want it back. */
    private boolean isPressed() {
        return fleet == null
                && known.others >= 0
                && cap.isAtLimit()
                && cap.members().stream().anyMatch(PoolShare::isAnyoneWaiting);
    }

    private boolean claim(long nowNanos) {
        if (pending != null || !isReading.compareAndSet(false, true)) {
            return false;
        }
        isRefused = false;
        askedNanos = nowNanos;
        return true;
    }

    /** This is the answer. */
    public void onRead(HostReading reading, long nowNanos) {
        problem = "";
        nextNanos = nowNanos + PERIOD_NANOS;
        Pending next = new Pending(reading, askedNanos, nowNanos);
        if (isTried) {
            pending = next;
        } else {
            settle(next, nowNanos);
        }
        isTried = true;
        isReading.set(false);
    }

    /** There is none. */
    public void onNotRead(String why, long nowNanos) {
        problem = why;
        rush.end();
        nextNanos = nowNanos + (isTried && known.maxConnections > 0 ? PERIOD_NANOS : AFTER_FAILURE_NANOS);
        isTried = true;
        isReading.set(false);
    }

    /** Nobody was asked after all: the next one may do it. */
    public void onReadingAbandoned() {
        isReading.set(false);
    }

    /** A little time has passed. True: there may be room that there was not before. */
    public boolean tick(long nowNanos) {
        Pending answered = pending;
        if (answered == null
                || nowNanos - answered.answeredNanos < SETTLE_NANOS
                || !isReading.compareAndSet(false, true)) {
            return false;
        }
        boolean isMine = Objects.equals(pending, answered);
        if (isMine) {
            settle(answered, nowNanos);
            pending = null;
        }
        isReading.set(false);
        return isMine;
    }

    private void settle(Pending answered, long nowNanos) {
        HostReading reading = answered.reading;
        Map<String, Integer> ofRoles = new HashMap<>();
        Map<String, Integer> ofDatabases = new HashMap<>();
        int established = cap.used() - cap.opening();
        int seen = reading.hasOthers()
                ? ours.countOthers(reading, answered.askedNanos, established, ofRoles, ofDatabases)
                : -1;
        int others = othersAfter(seen, nowNanos);
        int growth = fleet == null && known.others >= 0 ? others - known.others : 0; // members know of each other
        int free = reading.maxConnections() - reading.reserved() - reading.connections();
        rush.seen(growth, free, answered.askedNanos, nowNanos);
        int peakOfOthers = othersPeak.add(seen, nowNanos);
        int usable = reading.maxConnections() - reading.reserved();
        boolean isTheirRoomInUse = peakOfOthers > others + headroom(usable);
        if (fleet == null && others > 0 && free <= 0) {
            nextNanos = nowNanos + AFTER_REFUSAL_NANOS; // whoever is refused is not among them
        } else if (others > known.others || rush.isOn(nowNanos) || (fleet == null && isTheirRoomInUse)) {
            nextNanos = nowNanos + AFTER_CHANGE_NANOS; // they may be more in a moment
        }
        known = new Known(
                reading.maxConnections(),
                reading.reserved(),
                others,
                peakOfOthers,
                left(reading.roles(), ofRoles),
                left(reading.databases(), ofDatabases));
        apply();
        if (cap.limit() == 0 || cap.used() < cap.limit()) {
            cap.doubt(nowNanos);
            roles.values().forEach(role -> role.doubt(nowNanos));
            databases.values().forEach(database -> database.doubt(nowNanos));
        }
    }

    /** Who must not say it takes nothing away from what another, of a role or a database that may, has said in the last minute. */
    private int othersAfter(int seen, long nowNanos) {
        if (seen >= 0) {
            othersNanos = nowNanos;
            return seen;
        }
        return known.others >= 0 && nowNanos - othersNanos <= PEAK_NANOS ? known.others : -1;
    }

    private static Map<String, Integer> left(Map<String, Integer> limits, Map<String, Integer> others) {
        Map<String, Integer> left = new HashMap<>();
        limits.forEach((name, limit) -> left.put(name, Math.max(1, limit - others.getOrDefault(name, 0))));
        return left;
    }

    private void apply() {
        Known now = known;
        FleetPart shared = fleet;
        cap.limit(shared == null ? most(now, now.others, now.othersPeak) : shared.most());
        roles.forEach((role, ofRole) -> ofRole.limit(fixed > 0 ? 0 : now.roles.getOrDefault(role, 0)));
        databases.forEach((database, of) -> of.limit(fixed > 0 ? 0 : now.databases.getOrDefault(database, 0)));
    }

    /**
     * What others had lately stays free for them, and beside what they have now always the headroom: so it is not added to places that
     * are free already. One is tried whatever others have: they may leave.
     */
    private int most(Known now, int others, int othersPeak) {
        if (fixed > 0 || now.maxConnections == 0) {
            return fixed;
        }
        int usable = now.maxConnections - now.reserved;
        return Math.max(1, usable - Math.max(Math.max(0, others) + headroom(usable), othersPeak));
    }

    private int headroom(int usable) {
        return headroom.applyAsInt(usable);
    }

    // ---- what is shared with other instances -----------------------------------------------------------------------

    /** Is it known how many there are? Before that nothing can be shared. */
    public boolean isKnown() {
        return fixed > 0 || known.maxConnections > 0;
    }

    /**
     * How many are for the whole fleet, where {@code members} speak beside this one and {@code foreign} connections are neither ours nor
     * theirs. Called by one thread.
     */
    public int forFleet(int members, int theirs, int foreign, long nowNanos) {
        FleetPart shared = fleet;
        if (shared == null) {
            return 0;
        }
        int strangers = shared.peak(foreign, nowNanos); // their number now may be a member's that has just come
        int all = most(known, strangers, strangers);
        shared.see(new FleetPart.Seen(members + 1, all, theirs));
        return all;
    }

    /** This instance cannot speak with the others any more. */
    public void onFleetLost() {
        FleetPart shared = fleet;
        if (shared != null) {
            shared.see(FleetPart.NOBODY);
        }
    }

    /** From now on there may be {@code most}, the fleet being what it is; from {@code untilNanos} on none is opened before this is said anew. True: it is more than before. */
    public boolean limit(int most, long untilNanos) {
        FleetPart shared = fleet;
        boolean isMore = shared != null && most > shared.most();
        if (shared != null && shared.limit(most, untilNanos)) {
            apply();
        }
        return isMore;
    }

    /** Of its pools that of the first database by name, and there of the first user; null: there is none. */
    public @Nullable PoolKey first() {
        return cap.members().stream()
                .map(PoolShare::key)
                .min(Comparator.comparing(PoolKey::database).thenComparing(PoolKey::user))
                .orElse(null);
    }

    /** Servers that are open or being opened. */
    public int open() {
        return cap.used();
    }

    /** Servers that could be used now. */
    public int wanted() {
        return cap.members().stream().mapToInt(PoolShare::wanted).sum();
    }

    /** Those of our servers. */
    public List<Integer> processes() {
        return ours.all();
    }

    /** What errors and operators call it. */
    public String name() {
        return name;
    }

    // ---- figures -------------------------------------------------------------------------------------------------

    /** For operators. */
    public HostFigures figures() {
        Known now = known;
        FleetPart shared = fleet;
        FleetPart.Seen seen = shared == null ? FleetPart.NOBODY : shared.seen();
        List<HostFigures.Part> parts = new ArrayList<>();
        roles.forEach((role, of) -> parts.add(new HostFigures.Part("role", role, of.limit(), of.used())));
        databases.forEach(
                (database, of) -> parts.add(new HostFigures.Part("database", database, of.limit(), of.used())));
        return new HostFigures(
                name,
                now.maxConnections,
                now.reserved,
                now.others,
                now.othersPeak,
                cap.limit(),
                cap.most(),
                cap.used(),
                cap.opening(),
                peak.get(),
                cap.claims().waits(),
                refusals.get(),
                seen.members(),
                seen.budget(),
                seen.open(),
                problem,
                parts);
    }
}
