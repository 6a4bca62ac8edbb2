package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.CapacityConfig;
import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Layer (c): what an answer of PostgreSQL's means for how many we may have. */
class HostBudgetTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final HostBudget budget =
            new HostBudget("db:5432", ProxyConfig.defaults().capacity());
    private long now = 1;

    private void read(HostReading reading) {
        assertThat(budget.claimFirstReading(now) || budget.claimReading(now)).isTrue();
        budget.onRead(reading, now);
        now += SECOND / 2;
        budget.tick(now);
    }

    private void readLater(HostReading reading) {
        now += 6 * SECOND;
        read(reading);
    }

    private static HostReading reading(int connections, Integer... processIds) {
        HostReading reading = new HostReading(true);
        add(reading, "setting", "max_connections", "", Integer.toString(connections));
        add(reading, "setting", "superuser_reserved_connections", "", "3");
        add(reading, "setting", "reserved_connections", "", "2");
        add(reading, "role", "few", "", "4");
        if (processIds.length > 0) {
            add(
                    reading,
                    "connections",
                    "few",
                    "shop",
                    Arrays.stream(processIds).map(String::valueOf).collect(Collectors.joining(",")));
        }
        return reading;
    }

    private static void add(HostReading reading, String... row) {
        assertThat(reading.add(List.of(row))).isTrue();
    }

    private int most() {
        return budget.figures().budget();
    }

    @Test
    void whatIsReservedAndTheHeadroomAreNotOurs() {
        read(reading(105));
        assertThat(most()).isEqualTo(90);
    }

    @Test
    void othersCountForAMinute() {
        read(reading(105, processes(1, 20)));
        assertThat(most()).isEqualTo(70);
        readLater(reading(105));
        assertThat(most()).as("in a moment they may be there again").isEqualTo(80);
        now += 60 * SECOND;
        readLater(reading(105));
        assertThat(most()).isEqualTo(90);
    }

    @Test
    void theHeadroomIsBesideThoseWhoAreThereAndNotBesideRoomThatIsFreeAnyway() {
        read(reading(105, processes(1, 20)));
        readLater(reading(105, processes(1, 15)));
        assertThat(most()).as("15 and the headroom").isEqualTo(75);
        readLater(reading(105, processes(1, 5)));
        assertThat(most()).as("as many as there were").isEqualTo(80);
    }

    @Test
    void whoMustNotSayWhoIsThereDoesNotTakeAwayWhatAnotherSaid() {
        HostReading silent = new HostReading(false);
        add(silent, "setting", "max_connections", "", "100");
        read(silent);
        assertThat(budget.figures().others()).as("nobody has said it").isEqualTo(-1);
        readLater(reading(105, processes(1, 20)));
        readLater(silent);
        assertThat(budget.figures().others()).as("said a moment ago").isEqualTo(20);
        now += 60 * SECOND;
        readLater(silent);
        assertThat(budget.figures().others()).as("said long ago").isEqualTo(-1);
        assertThat(most()).as("the headroom alone").isEqualTo(90);
    }

    private boolean isAskedAfter(long millis) {
        now += Duration.ofMillis(millis).toNanos();
        boolean isAsked = budget.claimReading(now);
        if (isAsked) {
            budget.onReadingAbandoned();
        }
        return isAsked;
    }

    /** The last of them is process 10. */
    private void openOwn(int servers) {
        open(servers);
        IntStream.rangeClosed(11 - servers, 10).forEach(process -> budget.owns(process, now));
    }

    private PoolShare pool() {
        PoolShare pool = PoolShare.single(
                new PoolKey(DatabaseConfig.named("shop"), "few"), Limits.of(20).build());
        budget.cap().join(pool);
        return pool;
    }

    @Test
    void whileClientsWaitForWhatOthersHaveItIsAskedOften() {
        PoolShare pool = pool();
        read(reading(20, 11, 12, 13));
        openOwn(10);
        readLater(reading(20, processes(1, 13)));
        assertThat(isAskedAfter(1000)).as("nobody waits").isFalse();
        pool.publishWaiting(0, now);
        assertThat(isAskedAfter(0)).as("somebody waits").isTrue();
    }

    @Test
    void whileClientsWaitAndThereIsRoomItIsNotAskedOften() {
        PoolShare pool = pool();
        read(reading(20, 11, 12, 13));
        openOwn(9);
        readLater(reading(20, processes(2, 13)));
        pool.publishWaiting(0, now);
        assertThat(isAskedAfter(1000)).isFalse();
    }

    @Test
    void whereNoPlaceIsLeftBesideOthersItIsAskedSoonForMoreOfThemMayKnock() {
        read(reading(20));
        readLater(reading(20, processes(1, 15)));
        readLater(reading(20, processes(1, 14)));
        assertThat(isAskedAfter(250)).as("one is free").isFalse();
        readLater(reading(20, processes(1, 15)));
        assertThat(isAskedAfter(250)).as("none is").isTrue();
    }

    @Test
    void whileTheirRoomIsInUseItIsAskedEachSecond() {
        read(reading(105, processes(1, 20)));
        readLater(reading(105, processes(1, 12)));
        assertThat(isAskedAfter(1500))
                .as("the headroom is free for those who come back")
                .isFalse();
        readLater(reading(105));
        assertThat(isAskedAfter(1500)).as("it is not").isTrue();
    }

    @Test
    void ourOwnAreNotOthers() {
        budget.owns(2, now);
        budget.cap().tryTake(100);
        read(reading(105, 1, 2, 3));
        assertThat(budget.figures().others()).isEqualTo(2);
    }

    @Test
    void whoeverIsBehindAnotherPoolerCountsWhatItHas() {
        for (int i = 0; i < 3; i++) {
            budget.cap().tryTake(100);
            budget.owns(-i, now);
        }
        read(reading(105, 11, 12, 13, 14));
        assertThat(budget.figures().others()).isEqualTo(1);
    }

    @Test
    void aProcessThatHasEndedMayBeSomebodyElses() {
        budget.owns(2, now);
        budget.cap().tryTake(100);
        budget.owns(7, now);
        now++;
        read(reading(105, 7));
        readLater(reading(105, 2, 7));
        assertThat(budget.figures().others()).isEqualTo(1);
    }

    @Test
    void oneIsTriedWhateverOthersHave() {
        read(reading(20, processes(1, 15)));
        assertThat(most()).isOne();
    }

    @Test
    void theLimitOfARoleIsKeptWhoeverComesUnderItLater() {
        Cap ofRole = new Cap(0);
        read(reading(105, 1));
        budget.adoptRole("few", ofRole);
        assertThat(ofRole.limit()).isEqualTo(3);
    }

    @Test
    void aFixedNumberIsKeptAndNobodyAsked() {
        budget.configure(fixed(7));
        assertThat(most()).isEqualTo(7);
        assertThat(budget.claimFirstReading(now)).isFalse();
    }

    private boolean tryOpen() {
        return budget.tryTake(now);
    }

    private void open(int servers) {
        for (int i = 0; i < servers; i++) {
            assertThat(tryOpen()).as("server %d", i).isTrue();
            budget.endsOpening();
        }
    }

    private static Integer[] processes(int first, int last) {
        return IntStream.rangeClosed(first, last).boxed().toArray(Integer[]::new);
    }

    private void refuse() {
        budget.endsOpening();
        budget.cap().giveBack();
        budget.onRefusal(now);
    }

    @Test
    void beforeTheFirstAnswerOneIsOpenedAndNotTwo() {
        assertThat(tryOpen()).isTrue();
        assertThat(tryOpen()).isFalse();
        now += 2 * SECOND;
        assertThat(tryOpen()).as("it hangs").isTrue();
    }

    @Test
    void nearTheLimitOneIsOpenedAtATime() {
        budget.configure(fixed(4));
        assertThat(tryOpen()).isTrue();
        assertThat(tryOpen()).isFalse();
        assertThat(budget.endsOpening()).as("somebody was held up").isTrue();
        assertThat(tryOpen()).isTrue();
    }

    @Test
    void farFromTheLimitAFewAreOpenedAtATime() {
        budget.configure(fixed(16));
        int openings = 0;
        while (tryOpen()) {
            openings++;
        }
        assertThat(openings).isEqualTo(3);
    }

    @Test
    void anOpeningThatFindsNoRoomIsNoneAnyMore() {
        budget.configure(fixed(1));
        open(1);
        assertThat(tryOpen()).isFalse();
        assertThat(budget.cap().opening()).isZero();
    }

    @Test
    void oneThatWasJustClosedCountsForAMomentYet() {
        budget.configure(fixed(2));
        open(1);
        budget.leaves(now);
        assertThat(tryOpen()).isFalse();
        now += SECOND / 10;
        assertThat(tryOpen()).isTrue();
    }

    @Test
    void afterARefusalNoneIsOpenedUntilOthersWereSeenNotToGrow() {
        read(reading(105));
        open(1);
        budget.owns(1, now);
        assertThat(tryOpen()).isTrue();
        refuse();
        assertThat(tryOpen()).as("nobody knows yet who was quicker").isFalse();
        now += SECOND / 4;
        read(reading(105, 1, 11, 12));
        assertThat(tryOpen()).as("they may go on growing").isFalse();
        now += SECOND;
        read(reading(105, 1, 11, 12));
        assertThat(tryOpen()).as("they do not").isTrue();
    }

    @Test
    void whereNoPlaceIsLeftNobodyCanBeSeenToGrow() {
        read(reading(105));
        open(40);
        IntStream.rangeClosed(1, 40).forEach(process -> budget.owns(process, now));
        assertThat(tryOpen()).isTrue();
        refuse();
        now += SECOND / 4;
        read(reading(105, processes(1, 100)));
        now += SECOND;
        read(reading(105, processes(1, 100)));
        IntStream.rangeClosed(1, 11).forEach(closed -> budget.cap().giveBack());
        assertThat(tryOpen()).as("others wait for it").isFalse();
        now += 2 * SECOND;
        read(reading(105, processes(12, 100)));
        assertThat(tryOpen()).as("they do not").isTrue();
    }

    @Test
    void whatWasAskedBeforeARefusalKnowsNothingOfIt() {
        read(reading(105));
        open(1);
        budget.owns(1, now);
        assertThat(tryOpen()).isTrue();
        now += 6 * SECOND;
        assertThat(budget.claimReading(now)).isTrue();
        now++;
        refuse();
        budget.onRead(reading(105, 1), now);
        now += SECOND / 2;
        budget.tick(now);
        assertThat(tryOpen()).isFalse();
        read(reading(105, 1));
        assertThat(tryOpen()).isTrue();
    }

    @Test
    void aRefusalThatNothingIsLearntAboutIsForgotten() {
        read(reading(105));
        open(1);
        assertThat(tryOpen()).isTrue();
        refuse();
        now += 4 * SECOND;
        assertThat(tryOpen()).isFalse();
        now += 2 * SECOND;
        assertThat(tryOpen()).isTrue();
    }

    @Test
    void whereNoneIsOpenOneIsTriedAllTheSame() {
        read(reading(105));
        assertThat(tryOpen()).isTrue();
        refuse();
        assertThat(tryOpen()).isTrue();
    }

    @Test
    void whereAsManyAgainWouldFindNoRoomNoneIsOpened() {
        read(reading(20));
        open(1);
        budget.owns(1, now);
        readLater(reading(20, 1, 11, 12, 13, 14, 15, 16));
        assertThat(tryOpen()).as("9 of 15 are left").isTrue();
        budget.endsOpening();
        budget.owns(2, now);
        readLater(reading(20, 1, 2, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20));
        assertThat(tryOpen()).as("3 are left, 4 came").isFalse();
    }

    @Test
    void whereManyMayComeAtOnceOneIsOpenedAtATime() {
        read(reading(105));
        readLater(reading(105, processes(1, 80)));
        readLater(reading(105));
        assertThat(most()).isEqualTo(20);
        assertThat(tryOpen()).isTrue();
        assertThat(tryOpen()).isFalse();
    }

    @Test
    void thatWeHaveAllOurselvesIsNoReasonToAskOften() {
        budget.configure(
                ProxyConfig.defaults().with(CapacitySettings.SERVER_HEADROOM, 0).capacity());
        read(reading(15));
        openOwn(10);
        readLater(reading(15, processes(1, 10)));
        assertThat(isAskedAfter(1000)).isFalse();
    }

    @Test
    void whoHasLoggedInSinceItWasAskedIsOursThoughItDoesNotSaySo() {
        read(reading(105));
        openOwn(2);
        now += 6 * SECOND;
        assertThat(budget.claimReading(now)).isTrue();
        open(1);
        budget.owns(11, now + 1);
        budget.onRead(reading(105, 9, 10), now + 2);
        now += SECOND;
        budget.tick(now);
        readLater(reading(105, 9, 10, 11));
        assertThat(budget.figures().others()).isZero();
    }

    @Test
    void behindAnotherPoolerNobodyKnowsWhichRoleOthersUse() {
        Cap ofRole = new Cap(0);
        budget.adoptRole("few", ofRole);
        read(reading(105));
        openOwn(3);
        readLater(reading(105, 11, 12, 13, 14));
        assertThat(ofRole.limit()).isEqualTo(4);
    }

    private static HostBudget shared() {
        return new HostBudget(
                "db:5432",
                ProxyConfig.defaults().with(CapacitySettings.FLEET, "shop").capacity());
    }

    private boolean isAskedForFleetAfter(HostBudget shared, long millis, HostReading last) {
        shared.onRead(last, now);
        now += SECOND / 2;
        shared.tick(now);
        boolean isAsked = shared.claimForFleet(now + Duration.ofMillis(millis).toNanos());
        now += 6 * SECOND;
        assertThat(isAsked || shared.claimForFleet(now)).isTrue();
        return isAsked;
    }

    @Test
    void inAFleetItIsNotAskedMoreOftenForEachOfThemWould() {
        HostBudget shared = shared();
        now += SECOND;
        assertThat(shared.claimForFleet(now)).isTrue();
        assertThat(isAskedForFleetAfter(shared, 250, reading(20, processes(1, 15))))
                .as("all is in use: members have it")
                .isFalse();
        assertThat(isAskedForFleetAfter(shared, 250, reading(20, processes(1, 15))))
                .as("as before")
                .isFalse();
        assertThat(isAskedForFleetAfter(shared, 1500, reading(20, 1)))
                .as("members have less")
                .isFalse();
        PoolShare pool = PoolShare.single(
                new PoolKey(DatabaseConfig.named("shop"), "few"), Limits.of(20).build());
        shared.cap().join(pool);
        pool.publishWaiting(0, now);
        assertThat(shared.limit(1, now + 60 * SECOND)).isFalse();
        assertThat(shared.tryTake(now)).isTrue();
        assertThat(isAskedForFleetAfter(shared, 1500, reading(20, 1)))
                .as("clients wait")
                .isFalse();
    }

    @Test
    void inAFleetTheShareIsSaidBesideWhatAllHave() {
        HostBudget shared = shared();
        assertThat(shared.figures().fleetMembers()).isZero();
        assertThat(shared.claimForFleet(now + SECOND)).isTrue();
        shared.onRead(reading(105), now + SECOND);
        assertThat(shared.forFleet(2, 0, 0, now + SECOND)).isEqualTo(90);
        shared.limit(30, now + 2 * SECOND);
        assertThat(shared.figures())
                .returns(3, HostFigures::fleetMembers)
                .returns(90, HostFigures::fleetBudget)
                .returns(30, HostFigures::budget);
        shared.onFleetLost();
        assertThat(shared.figures()).returns(0, HostFigures::fleetMembers).returns(0, HostFigures::fleetBudget);
    }

    private static CapacityConfig fixed(int most) {
        return ProxyConfig.defaults()
                .with(CapacitySettings.MAX_SERVER_CONNECTIONS, most)
                .capacity();
    }
}
