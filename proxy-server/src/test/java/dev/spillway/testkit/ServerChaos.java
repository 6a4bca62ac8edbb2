package dev.spillway.testkit;

import java.io.Closeable;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends PostgreSQL's sessions of one user at random moments, over connections of its own, and restarts PostgreSQL now and then.
 *
 * <p>Runs on a virtual thread from {@link #start} to {@link #close}; the figures may be read from any thread. What it draws comes
 * from the seed, when it happens does not. A session is counted before its end can be noticed.
 */
public final class ServerChaos implements Closeable {
    /**
     * What happens how often.
     *
     * @param user whose sessions end
     * @param sessions how many of them one restart can cost at most
     * @param maxPauseMillis the longest pause between two events
     * @param restartEvery one event of so many is a restart, and one restart of three an immediate one; 0 for never
     */
    public record Plan(long seed, String user, int sessions, int maxPauseMillis, int restartEvery) {}

    private final PostgresFixture postgres;
    private final Plan plan;
    private final Random random;
    private final AtomicLong terminated = new AtomicLong();
    private final AtomicLong restarts = new AtomicLong();
    private final AtomicLong losses = new AtomicLong();
    private final Thread thread;
    private volatile boolean isOver;

    private ServerChaos(PostgresFixture postgres, Plan plan) {
        this.postgres = postgres;
        this.plan = plan;
        this.random = new Random(plan.seed());
        this.thread = Thread.ofVirtual().name("server-chaos").start(this::run);
    }

    public static ServerChaos start(PostgresFixture postgres, Plan plan) {
        return new ServerChaos(postgres, plan);
    }

    /** Sessions ended by pg_terminate_backend. */
    public long terminated() {
        return terminated.get();
    }

    public long restarts() {
        return restarts.get();
    }

    /** How many sessions it can have ended so far. */
    public long losses() {
        return losses.get();
    }

    private void run() {
        for (long event = 1; !isOver; event++) {
            LockSupport.parkNanos(1_000_000L * random.nextInt(plan.maxPauseMillis()));
            if (isOver) {
                return;
            }
            if (plan.restartEvery() > 0 && event % plan.restartEvery() == 0) {
                restart();
            } else {
                terminateOne();
            }
        }
    }

    private void restart() {
        losses.addAndGet(plan.sessions());
        restarts.incrementAndGet();
        postgres.restart(random.nextInt(3) == 0 ? PostgresFixture.Stop.IMMEDIATE : PostgresFixture.Stop.FAST);
    }

    private void terminateOne() {
        losses.incrementAndGet();
        String ended =
                postgres.queryOne("select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity"
                        + " where usename = '%s' order by random() limit 1) one".formatted(plan.user()));
        terminated.addAndGet(Long.parseLong(ended));
    }

    /** Returns when nothing more happens, and PostgreSQL accepts connections. */
    @Override
    public void close() {
        isOver = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
