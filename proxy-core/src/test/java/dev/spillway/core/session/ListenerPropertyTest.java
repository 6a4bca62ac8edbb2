package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.session.ListenerWorld.FakeClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Layer (d): clients on several lanes come to channels and leave them while others notify, in every order that can happen. Each
 * hears once, and in order, what is sent from when it was told that it listens until it asks to leave.
 */
class ListenerPropertyTest {
    private static final List<String> CHANNELS = List.of("a", "b", "c");
    private static final int STEPS = 150;

    private final List<Expected> all = new ArrayList<>();

    /** What one must hear and may hear. */
    private static final class Expected {
        final FakeClient client;
        final List<String> due = new ArrayList<>();
        final List<String> allowed = new ArrayList<>();
        /** Where it is: it was told so and has not asked to leave. */
        final Set<String> certain = new TreeSet<>();
        /** Where it may be: it has asked to come, or was not told yet that it has left. */
        final Set<String> possible = new TreeSet<>();

        Expected(FakeClient client) {
            this.client = client;
        }
    }

    @Property(tries = 1500)
    void nothingIsLostAndNothingComesTwice(@ForAll long seed) {
        all.clear();
        Random random = new Random(seed);
        ListenerWorld world = new ListenerWorld(1 + random.nextInt(3));
        for (int i = 0; i < 6; i++) {
            all.add(new Expected(new FakeClient(random.nextInt(world.lanes.size()))));
        }
        for (int step = 0; step < STEPS; step++) {
            step(world, random, step);
        }
        world.settle();
        for (Expected each : all) {
            assertThat(each.client.isMoving).isFalse();
            assertThat(each.client.heard).doesNotHaveDuplicates().containsAll(each.due);
            assertThat(each.allowed.stream().filter(each.client.heard::contains))
                    .containsExactlyElementsOf(each.client.heard);
        }
        Set<String> wanted = new TreeSet<>();
        all.forEach(each -> wanted.addAll(each.client.channels));
        assertThat(world.isOpen() ? world.listened() : Set.of()).isEqualTo(world.isOpen() ? wanted : Set.of());
        world.lose();
    }

    private void step(ListenerWorld world, Random random, int id) {
        switch (random.nextInt(10)) {
            case 0, 1 -> change(world, random);
            case 2, 3 -> notify(world, CHANNELS.get(random.nextInt(CHANNELS.size())), id);
            case 4, 5, 6 -> world.run(random.nextInt(world.lanes.size()));
            case 7 -> {
                if (!world.isOpen() && world.home().pool().waiting() > 0) {
                    world.open();
                }
                world.answer();
            }
            default -> world.say(1 + random.nextInt(3));
        }
    }

    private void change(ListenerWorld world, Random random) {
        Expected each = all.get(random.nextInt(all.size()));
        if (each.client.isMoving) {
            return;
        }
        Set<String> after = new TreeSet<>();
        CHANNELS.stream().filter(channel -> random.nextBoolean()).forEach(after::add);
        each.certain.retainAll(after);
        each.possible.addAll(after);
        world.listen(each.client, after, () -> {
            each.certain.addAll(after);
            each.possible.retainAll(after);
        });
    }

    private void notify(ListenerWorld world, String channel, int id) {
        world.notify(channel, id);
        for (Expected each : all) {
            if (each.certain.contains(channel)) {
                each.due.add(channel + id);
            }
            if (each.possible.contains(channel)) {
                each.allowed.add(channel + id);
            }
        }
    }
}
