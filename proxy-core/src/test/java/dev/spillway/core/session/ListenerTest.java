package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.pool.Waiter;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.ListenerWorld.FakeClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The connection that listens: how it comes, goes and is replaced. */
class ListenerTest {
    private final ListenerWorld world = new ListenerWorld(2);
    private final FakeClient client = new FakeClient(1);
    private final List<String> told = new ArrayList<>();

    private void pass(int seconds) {
        world.ports.nanos += Duration.ofSeconds(seconds).toNanos();
        world.home().pool().tick(world.ports.nanos, true);
        world.listener.tick(world.ports.nanos);
    }

    private void listen(String... channels) {
        world.listen(client, Set.of(channels), () -> told.add("told"));
        world.runAll();
    }

    @Test
    void nobodyIsToldBeforeItListens() {
        listen("a");
        assertThat(told).isEmpty();
        world.open();
        world.answer(); // its settings
        world.say(1);
        world.runAll();
        assertThat(told).isEmpty();
        world.answer();
        world.runAll();
        assertThat(told).isEmpty();
        world.say(1);
        world.runAll();
        assertThat(told).containsExactly("told");
        world.notify("a", 1);
        world.say(1);
        world.runAll();
        assertThat(client.heard).containsExactly("a1");
        world.lose();
    }

    @Test
    void itHasNoPlaceInItsPool() {
        listen("a");
        world.open();
        world.settle();
        assertThat(world.home().pool().share().open()).isOne();
        assertThat(world.home().pool().share().pinned()).isZero();
        world.home().pool().enqueue(new Somebody(), world.ports.nanos);
        assertThat(world.home().pool().opening()).isOne(); // of a pool of one
        world.home().pool().onOpenAbandoned();
        world.lose();
        assertThat(world.home().pool().share().open()).isOne(); // the next is on its way
    }

    private static final class Somebody implements Waiter<ServerSession> {
        @Override
        public void onServed(ServerSession served) {}

        @Override
        public void onWaitFailed(ErrorFields error, boolean isFinal) {}

        @Override
        public void onLongWait(ErrorFields notice) {}
    }

    @Test
    void anotherUserIsTriedWhereOneIsRefused() {
        world.listen(new FakeClient(0), Set.of("a"), () -> told.add("first"));
        listen("b");
        assertThat(world.logins).containsExactly("user0");
        world.home().pool().onOpenFailed(ErrorFields.of("FATAL", "28P01", "no"), true, world.ports.nanos);
        world.runAll();
        assertThat(told).containsExactlyInAnyOrder("first", "told");
        assertThat(client.error).isNotNull();
        pass(2);
        assertThat(world.logins).containsExactly("user0", "user1");
        world.listener.stop();
    }

    @Test
    void oneThatIsLostIsReplacedOnceAndWhoListenedIsTold() {
        listen("a");
        world.open();
        world.settle();
        world.lose();
        pass(1);
        world.open();
        assertThat(world.gaps).isEmpty();
        world.settle();
        assertThat(world.gaps).containsExactly("1: 1000");
        assertThat(world.listened()).containsExactly("a");
        assertThat(world.ports.log.lines().stream().filter(line -> line.startsWith("listener")))
                .hasSize(2);
        world.notify("a", 1);
        world.settle();
        assertThat(client.heard).containsExactly("a1");
        world.lose();
    }

    @Test
    void itIsClosedWhenNobodyHasListenedForAWhile() {
        listen("a");
        world.open();
        world.settle();
        listen();
        world.settle();
        pass(9);
        assertThat(world.wire.isClosed).isFalse();
        assertThat(world.listener.isUnused()).isFalse();
        pass(2);
        assertThat(world.wire.isClosed).isTrue();
        assertThat(world.listener.isUnused()).isTrue();
        world.lose();
        assertThat(world.home().pool().share().open()).isZero();
        assertThat(world.ports.log.lines()).noneMatch(line -> line.startsWith("listener"));
    }

    @Test
    void aPoolThatIsPausedGetsItBack() {
        listen("a");
        world.open();
        world.settle();
        world.home().pool().pause(true, world.ports.nanos);
        pass(0);
        assertThat(world.wire.isClosed).isTrue();
        world.lose();
        assertThat(world.home().pool().share().open()).isZero();
        world.home().pool().pause(false, world.ports.nanos);
        pass(0);
        world.open();
        world.settle();
        assertThat(world.gaps).hasSize(1);
        world.lose();
    }
}
