package dev.spillway.server.demo;

import java.time.Duration;

/**
 * How big the demo is.
 *
 * @param clients that connect at once, first directly and then through Spillway
 * @param maxConnections of PostgreSQL
 * @param poolSize server connections that Spillway may open
 * @param duration of the run through Spillway
 * @param fleetPhase how long each part of the fleet's run takes; zero: it is left out
 * @param preferredPort for Spillway, if it is free; else any that is
 */
public record DemoPlan(
        int clients, int maxConnections, int poolSize, Duration duration, Duration fleetPhase, int preferredPort) {
    /** What {@code spillway demo} shows. */
    public static DemoPlan standard() {
        return new DemoPlan(200, 40, 20, Duration.ofSeconds(10), Duration.ofSeconds(6), 6432);
    }
}
