package dev.spillway.core.fleet;

import dev.spillway.core.time.RecentMost;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How many connections to one PostgreSQL this instance may have, of those that are for the whole fleet.
 *
 * <p>Every instance {@linkplain #look looks} at what the others say and finds the same max-min fair share for each. It takes less at
 * once, when somebody has not got his share; it takes more only while it holds the lock of the fleet, of what nobody {@linkplain
 * Announcement#held holds}. So what all hold together is never more than there is, whoever hangs or dies at whatever moment.
 *
 * <p>One that says nothing for a while is dead: what it holds stays out of reach until its connections have been ended, and nobody
 * waits for it. One that has not looked for long does not know what has been given away, and {@linkplain #ceiling may open nothing}.
 *
 * <p>Confined to one thread. Times are in nanoseconds of one clock that are told to it, but for what PostgreSQL says of others.
 */
public final class Fleet {
    /** Places kept free, for an instance has to connect before others can know of it. */
    public static final int NEWCOMERS = 2;

    private static final long FAST_NANOS = 250_000_000;
    private static final long SLOW_NANOS = 1_000_000_000;
    /** What was wanted lately is wanted: work comes and goes more quickly than connections. */
    private static final long MEMORY_NANOS = 2_000_000_000;

    /** The connection by which it speaks. */
    private static final int LEAST = 1;

    private final String name;
    private final String id;
    private final long deadAfterMillis;
    private final RecentMost wishes = new RecentMost(MEMORY_NANOS);
    private int mostWanted = LEAST;
    private int held = LEAST;
    private int share = LEAST;
    private boolean isAnyoneShort;
    private boolean hasLooked;
    private long lookedNanos;
    private int lookedWanted;
    private List<Member> dead = List.of();

    /**
     * @param id of this instance
     * @param deadAfterMillis how long one may say nothing
     */
    public Fleet(String name, String id, long deadAfterMillis) {
        this.name = name;
        this.id = id;
        this.deadAfterMillis = deadAfterMillis;
    }

    // ---- what it says and does -------------------------------------------------------------------------------------

    /** What is to be said now by one that has {@code open} connections. */
    public Announcement announcement(int open) {
        return new Announcement(name, id, mostWanted, open, Math.max(held, open));
    }

    /** This many connections could be used now, the one by which it speaks among them. */
    public void want(int wanted, long nowNanos) {
        mostWanted = Math.max(LEAST, wishes.add(wanted, nowNanos));
    }

    /** {@code budget} connections are for the fleet, and {@code others} are in it, who were asked at {@code nowNanos}. */
    public void look(List<Member> others, int budget, long nowNanos) {
        hasLooked = true;
        lookedNanos = nowNanos;
        lookedWanted = mostWanted;
        dead = others.stream().filter(this::isDead).toList();
        int room = room(others, budget);
        Map<String, Integer> shares = shares(others, room);
        share = Math.max(LEAST, shares.getOrDefault(id, LEAST));
        isAnyoneShort = others.stream()
                .anyMatch(member -> !isDead(member)
                        && member.says().held()
                                < shares.getOrDefault(member.says().id(), 0));
        if (held > share && (isAnyoneShort || free(others, room) < 0)) {
            held = share;
        }
    }

    /** Is there more to be had than it holds? Then {@link #grow} is to be called, by one that has the fleet's lock. */
    public boolean isShort() {
        return hasLooked && share > held;
    }

    /** Like {@link #look}, by one that has the lock until what it holds then has been {@linkplain #announcement said}. */
    public void grow(List<Member> others, int budget, long nowNanos) {
        look(others, budget, nowNanos);
        int free = free(others, room(others, budget));
        held += Math.clamp(share - held, 0, Math.max(0, free));
    }

    private int room(List<Member> others, int budget) {
        return budget
                - NEWCOMERS
                - others.stream().filter(this::isDead).mapToInt(Member::claim).sum();
    }

    private int free(List<Member> others, int room) {
        return room
                - held
                - others.stream()
                        .filter(member -> !isDead(member))
                        .mapToInt(Member::claim)
                        .sum();
    }

    private Map<String, Integer> shares(List<Member> others, int room) {
        SortedMap<String, Integer> wanted = new TreeMap<>();
        others.stream()
                .filter(member -> !isDead(member))
                .forEach(
                        member -> wanted.merge(member.says().id(), member.says().wanted(), Integer::sum));
        wanted.put(id, mostWanted);
        return Shares.of(room, wanted);
    }

    private boolean isDead(Member member) {
        return member.silentMillis() > deadAfterMillis;
    }

    // ---- what follows from it --------------------------------------------------------------------------------------

    /**
     * Connections that this instance may have; where it does not know what others may have, no more than are {@code open}, and one to
     * find out.
     */
    public int ceiling(int open, long nowNanos) {
        return isCertain(nowNanos) ? held : Math.clamp(open, LEAST, held);
    }

    /** Has it looked lately enough? Others count on what it said for longer. */
    public boolean isCertain(long nowNanos) {
        return hasLooked && nowNanos - certainUntilNanos() < 0;
    }

    /** Until when {@link #held} is certain, once it has looked: nobody takes it for dead for as long again. */
    public long certainUntilNanos() {
        return lookedNanos + deadAfterMillis * 1_000_000 / 2;
    }

    /** It cannot speak any more, and what it held may be given away: it has no more than is {@code open}. */
    public void onLost(int open) {
        hasLooked = false;
        held = Math.max(LEAST, Math.min(held, open));
        share = held;
        isAnyoneShort = false;
        dead = List.of();
    }

    /** When it has to look again, and with that to speak; it has looked before. */
    public long nextLookNanos() {
        boolean wantsMore = mostWanted > Math.max(held, lookedWanted);
        long pause = isShort() || isAnyoneShort || wantsMore ? FAST_NANOS : SLOW_NANOS;
        return lookedNanos + Math.min(pause, deadAfterMillis * 1_000_000 / 4);
    }

    /** Those who are dead and still connected. */
    public List<Member> dead() {
        return dead;
    }

    int held() {
        return held;
    }
}
