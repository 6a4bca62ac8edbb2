package dev.spillway.server.ops;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A log that never makes an event loop wait: lines queue for a thread of their own, and when the queue is full they are
 * counted and dropped, whatever their level.
 *
 * <p>Called by Logback on every thread that logs. The count goes into the log itself, with the first line that finds
 * room again and when the log stops, at most every {@link #REPORT_EVERY}. It is a lower bound: threads that log at the
 * same moment may find the same last place free.
 *
 * <p>Stopping writes what is queued, for at most {@code maxFlushTime} milliseconds.
 */
public final class CountingAsyncAppender extends AsyncAppender {
    static final int QUEUE_SIZE = 8192;
    static final Duration REPORT_EVERY = Duration.ofSeconds(5);

    private final LongSupplier nanoTime;
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong nextReportNanos;

    /** For Logback. */
    public CountingAsyncAppender() {
        this(System::nanoTime);
    }

    CountingAsyncAppender(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.nextReportNanos = new AtomicLong(nanoTime.getAsLong());
        setQueueSize(QUEUE_SIZE);
        setDiscardingThreshold(0);
        setNeverBlock(true);
    }

    /** Lines dropped and not yet reported. */
    long dropped() {
        return dropped.get();
    }

    @Override
    protected void append(ILoggingEvent event) {
        int room = getRemainingCapacity();
        if (room == 0) {
            dropped.incrementAndGet();
            return;
        }
        super.append(event);
        if (room > 1 && dropped.get() > 0) {
            reportIfDue();
        }
    }

    private void reportIfDue() {
        long now = nanoTime.getAsLong();
        long due = nextReportNanos.get();
        if (now - due >= 0 && nextReportNanos.compareAndSet(due, now + REPORT_EVERY.toNanos())) {
            report();
        }
    }

    private void report() {
        long count = dropped.getAndSet(0);
        if (count > 0 && getContext() instanceof LoggerContext logs) {
            String name = CountingAsyncAppender.class.getName();
            super.append(new LoggingEvent(
                    name, logs.getLogger(name), Level.WARN, "log lines dropped count={}", null, new Object[] {count}));
        }
    }

    @Override
    public void stop() {
        if (isStarted()) {
            report();
        }
        super.stop();
    }
}
