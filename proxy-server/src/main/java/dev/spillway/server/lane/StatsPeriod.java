package dev.spillway.server.lane;

import java.time.Duration;

/** When the current stats_period began, and the one before it. Confined to its lane. */
final class StatsPeriod {
    private long beganNanos;
    private long lastBeganNanos;

    StatsPeriod(long nowNanos) {
        this.beganNanos = nowNanos;
        this.lastBeganNanos = nowNanos;
    }

    /** Called with each tick; true: one of that {@code length} is over and the next begins. */
    boolean isOver(Duration length, long nowNanos) {
        boolean isOver = nowNanos - beganNanos >= length.toNanos();
        if (isOver) {
            lastBeganNanos = beganNanos;
            beganNanos = nowNanos;
        }
        return isOver;
    }

    /** How long ago the last whole one began; while there was none, the first. */
    long windowNanos(long nowNanos) {
        return nowNanos - lastBeganNanos;
    }
}
