package dev.spillway.core.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Instances that share a PostgreSQL which is played here: it shows who is connected, and has one lock. */
class FleetTest {
    private static final int DEAD_AFTER_MILLIS = 4000;
    private static final int TICK_MILLIS = 50;
    private static final int BUDGET = 24;

    private final List<Instance> all = new ArrayList<>();
    private final List<Long> joinsMillis = new ArrayList<>();
    private long nowMillis = 1_000_000;
    private int most;

    @Test
    void one_alone_has_what_it_wants() {
        Instance only = start(10);
        pass(1000);
        assertThat(only.open).isEqualTo(10);

        only.wanted = 100;
        pass(1000);
        assertThat(only.open).as("all but the places of those who may come").isEqualTo(BUDGET - Fleet.NEWCOMERS);
    }

    @Test
    void one_that_comes_gets_its_share_within_two_seconds() {
        Instance old = start(100);
        pass(3000);
        Instance young = start(100);
        pass(2000);

        assertThat(List.of(old.open, young.open)).containsExactly(11, 11);
        assertThat(most).isLessThanOrEqualTo(BUDGET);
    }

    @Test
    void nobody_gives_away_what_nobody_needs() {
        Instance busy = start(20);
        pass(3000);
        busy.wanted = 5;
        pass(10_000);
        assertThat(busy.fleet.held()).isEqualTo(20);

        start(6);
        pass(5000);
        assertThat(busy.fleet.held()).as("needed by the other").isEqualTo(5);
    }

    @Test
    void what_the_killed_had_is_free_again() {
        Instance first = start(100);
        Instance second = start(100);
        pass(5000);
        second.kill();
        pass(2000);

        assertThat(first.open).isEqualTo(BUDGET - Fleet.NEWCOMERS);
        assertThat(most).isLessThanOrEqualTo(BUDGET);
    }

    @Test
    void one_that_hangs_loses_its_connections_and_comes_back_to_its_share() {
        Instance first = start(100);
        Instance second = start(100);
        pass(5000);
        second.isStopped = true;
        pass(DEAD_AFTER_MILLIS - 1000);
        assertThat(first.open + second.open).isEqualTo(BUDGET - Fleet.NEWCOMERS);
        assertThat(first.open).as("it may only be slow").isLessThan(12);

        pass(4000);
        assertThat(first.open).isEqualTo(BUDGET - Fleet.NEWCOMERS);
        second.isStopped = false;
        pass(5000);
        assertThat(List.of(first.open, second.open)).containsExactly(11, 11);
        assertThat(most).isLessThanOrEqualTo(BUDGET);
    }

    @Test
    void what_the_dead_hold_is_out_of_reach_while_it_cannot_be_ended() {
        Instance first = start(100);
        Instance second = start(100);
        pass(5000);
        int had = second.open;
        second.isStopped = true;
        second.isImmortal = true;
        pass(10_000);

        assertThat(first.open).isEqualTo(BUDGET - Fleet.NEWCOMERS - had);
    }

    @Test
    void one_that_cannot_look_opens_nothing() {
        Instance only = start(10);
        pass(1000);
        only.isMute = true;
        pass(DEAD_AFTER_MILLIS / 2);
        only.open = 4;
        pass(DEAD_AFTER_MILLIS);

        assertThat(only.open).isEqualTo(4);
    }

    /**
     * Whatever comes and goes, hangs and is killed: never more than there is, and the fair share soon after. No more come than there are
     * places for, in the second that it takes others to look, or while one hangs that cannot give back what is too much.
     */
    @Property(tries = 200)
    void never_more_than_the_budget_and_soon_fair(@ForAll long seed) {
        all.clear();
        joinsMillis.clear();
        most = 0;
        Random random = new Random(seed);
        for (int i = 0; i < 3; i++) {
            start(random.nextInt(30));
            pass(600);
        }
        for (int step = 0; step < 12; step++) {
            Instance one = all.get(random.nextInt(all.size()));
            switch (random.nextInt(5)) {
                case 0 -> one.kill();
                case 1 -> one.isStopped = true;
                case 2 -> one.isStopped &= !hasPlace();
                case 3 -> {
                    if (all.size() < 8 && hasPlace()) {
                        start(random.nextInt(30));
                    }
                }
                default -> one.wanted = 1 + random.nextInt(30);
            }
            if (all.isEmpty()) {
                start(5);
            }
            pass(500 + random.nextInt(3000));
            assertThat(most).as("seed %d step %d", seed, step).isLessThanOrEqualTo(BUDGET);
        }
        pass(DEAD_AFTER_MILLIS + 5000);
        TreeMap<String, Integer> wanted = new TreeMap<>();
        all.stream().filter(each -> !each.isStopped).forEach(each -> wanted.put(each.id, each.wanted));
        Map<String, Integer> fair = Shares.of(BUDGET - Fleet.NEWCOMERS, wanted);
        all.stream()
                .filter(each -> !each.isStopped)
                .forEach(each -> assertThat(each.open)
                        .as("seed %d: more than it wants is for it to keep, less than its share is not", seed)
                        .isGreaterThanOrEqualTo(fair.getOrDefault(each.id, 0) - 1));
    }

    // ---- the play --------------------------------------------------------------------------------------------------

    private boolean hasPlace() {
        boolean doesAnyHang = all.stream().anyMatch(each -> each.isStopped);
        long since = nowMillis - (doesAnyHang ? DEAD_AFTER_MILLIS + 1500 : 1100);
        return joinsMillis.stream().filter(joined -> joined >= since).count() < Fleet.NEWCOMERS;
    }

    private Instance start(int wanted) {
        Instance started =
                new Instance("%08x".formatted(all.size() + (nowMillis << 8)).substring(0, 8), Math.max(1, wanted));
        all.add(started);
        return started;
    }

    private void pass(long millis) {
        for (long until = nowMillis + millis; nowMillis < until; nowMillis += TICK_MILLIS) {
            List.copyOf(all).forEach(Instance::tick);
            most = Math.max(most, all.stream().mapToInt(each -> each.open).sum());
        }
    }

    private final class Instance {
        final String id;
        Fleet fleet;
        int wanted;
        int open;
        boolean isStopped;
        boolean isMute;
        boolean isImmortal;
        boolean isConnected;
        long saidMillis;
        String says = "";

        Instance(String id, int wanted) {
            this.id = id;
            this.wanted = wanted;
            this.fleet = new Fleet("play", id, DEAD_AFTER_MILLIS);
        }

        void kill() {
            all.remove(this);
            open = 0;
        }

        private long nowNanos() {
            return nowMillis * 1_000_000;
        }

        void tick() {
            if (isStopped) {
                return;
            }
            fleet.want(wanted, nowNanos());
            if (isConnected && says.isEmpty()) { // ended by somebody
                isConnected = false;
                fleet.onLost(open);
            }
            if (!isConnected && !isMute) {
                isConnected = open > 0 || open < fleet.ceiling(open, nowNanos());
                joinsMillis.add(nowMillis);
                open = Math.max(open, 1);
                say();
                look();
            } else if (isConnected && !isMute && nowNanos() >= fleet.nextLookNanos()) {
                say();
                look();
            }
            int most = fleet.ceiling(open, nowNanos());
            open = Math.min(Math.max(open, wanted), most);
            open = Math.max(open, 1);
            if (isConnected && !isMute) {
                say();
            }
        }

        private void look() {
            fleet.look(others(), BUDGET, nowNanos());
            fleet.dead().forEach(member -> end(member.says().id()));
            if (fleet.isShort()) {
                fleet.grow(others(), BUDGET, nowNanos());
                say();
            }
        }

        private void say() {
            says = fleet.announcement(open).text();
            saidMillis = nowMillis;
        }

        private List<Member> others() {
            return all.stream()
                    .filter(each -> !each.equals(this) && !each.says.isEmpty())
                    .map(each -> new Member(
                            java.util.Objects.requireNonNull(Announcement.parse(each.says)),
                            1,
                            nowMillis - each.saidMillis,
                            List.of()))
                    .toList();
        }

        private void end(String victim) {
            all.stream()
                    .filter(each -> each.id.equals(victim) && !each.isImmortal)
                    .forEach(each -> {
                        each.open = 0;
                        each.says = "";
                    });
        }
    }
}
