package dev.spillway.core.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.auth.ClientAuth;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Settings;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Limits;
import dev.spillway.core.pool.NoCrossing;
import dev.spillway.core.pool.PoolLimits;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import dev.spillway.core.protocol.startup.StartupPacket;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A client whom nobody knows yet, the server that is asked about it, and their pool, on wires without sockets. */
class UserLookupTest {
    private static final String QUERY = "select name, secret from logins where name = $1";
    private static final String HOSTILE = "x'; drop table logins; --";

    private FakePorts ports = new FakePorts();
    private FakeWire clientWire = new FakeWire("client:1");
    private FakeWire serverWire = new FakeWire("server:1");
    private ServerPool pool = pool();
    private List<String> found = new ArrayList<>();
    private @Nullable ClientLogin login;
    private @Nullable ServerSession server;

    private static ServerPool pool() {
        PoolLimits limits = Limits.of(1)
                .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofSeconds(5))
                .build();
        return NoCrossing.pool("authdb/asker", PoolMode.TRANSACTION, "", limits, () -> {});
    }

    /** Decides by what was found, and asks for a clear-text password. */
    private final class Door implements ClientLogin.Reception {
        @Override
        public Proof authentication(Wire wire, StartupRequest request) {
            return new Proof.After(new UserLookup(ports, () -> pool, QUERY, request), user -> {
                found.add(user == null ? "nobody" : user.name());
                String name = user == null ? request.user() : user.name();
                return new Proof.By(
                        ClientAuth.clearText(user == null ? null : user.secret(), name),
                        request.as(name),
                        user == null ? null : user.secret());
            });
        }

        @Override
        public void admit(Wire wire, StartupRequest request, ClientLogin admitted) {
            found.add("admitted " + request.user() + " with " + admitted.secret());
        }

        @Override
        public void cancel(StartupPacket.CancelRequest request, Runnable ended) {
            throw new AssertionError("nobody cancels");
        }
    }

    private ClientLogin come(String user) {
        ClientLogin come = new ClientLogin(clientWire, ports, new Door());
        login = come;
        ByteBuf startup = Unpooled.buffer();
        FrontendMessages.startup(startup, Map.of("user", user, "database", "db", "DateStyle", "german"));
        come.onRead(startup);
        return come;
    }

    private ServerSession open() {
        ServerGreeting greeting = new ServerGreeting(new CancelKey(9, new byte[4]), Map.of(), Snapshot.NEUTRAL, 0);
        ServerSession opened = new ServerSession(serverWire, ports, pool, greeting);
        server = opened;
        pool.servers().add(opened);
        pool.pool().onOpened(opened, ports.nanos);
        return opened;
    }

    private static byte[] bytes(Consumer<ByteBuf> writer) {
        ByteBuf out = Unpooled.buffer();
        writer.accept(out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes).release();
        return bytes;
    }

    @SafeVarargs
    private static byte[] answer(List<@Nullable String>... rows) {
        return bytes(out -> {
            BackendMessages.bare(out, (byte) '1');
            BackendMessages.bare(out, (byte) '2');
            for (List<@Nullable String> row : rows) {
                BackendMessages.dataRow(out, row);
            }
            BackendMessages.commandComplete(out, "SELECT " + rows.length);
            BackendMessages.readyForQuery(out, 'I');
        });
    }

    private static List<@Nullable String> row(@Nullable String... values) {
        return Arrays.asList(values);
    }

    private void says(byte[] bytes) {
        ServerSession speaking = Objects.requireNonNull(server);
        speaking.onRead(UnpooledByteBufAllocator.DEFAULT.buffer().writeBytes(bytes));
        speaking.onReadComplete();
    }

    private void sends(byte[] password) {
        ByteBuf out = Unpooled.buffer();
        FrontendMessages.password(out, password);
        Objects.requireNonNull(login).onRead(out);
    }

    private String told() {
        return new String(clientWire.take(), UTF_8);
    }

    private void end() {
        if (login != null) {
            login.onClosed();
        }
        if (server != null) {
            server.onClosed();
        }
    }

    @Test
    void clientIsAskedForItsPasswordWhenItsUserWasFound() {
        come("alice");
        assertThat(clientWire.take()).as("said before anything is known").isEmpty();
        assertThat(pool.pool().waiting()).isOne();
        open();
        assertThat(serverWire.take()).isEqualTo(bytes(out -> FrontendMessages.ask(out, QUERY, "alice", 2)));
        says(answer(row("alice", "sesame")));
        assertThat(told()).isEqualTo("R\0\0\0\10\0\0\0\3");
        assertThat(pool.pool().idle()).isOne();
        assertThat(pool.isLeft()).isTrue();
        sends("sesame\0".getBytes(UTF_8));
        assertThat(found).containsExactly("alice", "admitted alice with Plain[password=***]");
        end();
    }

    @Test
    void nameIsAParameterAndNothingOfTheClientsIsInForce() {
        open();
        come(HOSTILE);
        byte[] asked = serverWire.take();
        assertThat(asked).isEqualTo(bytes(out -> FrontendMessages.ask(out, QUERY, HOSTILE, 2)));
        assertThat(new String(asked, ISO_8859_1)).doesNotContain("german").contains(QUERY + "\0");
        end();
    }

    @Test
    void clientIsWhoTheRowSays() {
        open();
        come("Alice");
        says(answer(row("alice", "sesame")));
        sends("sesame\0".getBytes(UTF_8));
        assertThat(found).last().isEqualTo("admitted alice with Plain[password=***]");
        end();
    }

    @Test
    void whoIsNotThereIsAskedForAPasswordLikeAnybody() {
        for (byte[] none : List.of(answer(), answer(row(null, null)), answer(row("", "x")), answer(row("bob", null)))) {
            open();
            come("bob");
            says(none);
            assertThat(told()).isEqualTo("R\0\0\0\10\0\0\0\3");
            sends("sesame\0".getBytes(UTF_8));
            assertThat(told()).contains("28P01", "password authentication failed for user \"bob\"");
            assertThat(ports.log.lines()).last().asString().contains("the user is unknown or has no password");
            end();
            reset();
        }
    }

    private void reset() {
        ports = new FakePorts();
        clientWire = new FakeWire("client:1");
        serverWire = new FakeWire("server:1");
        pool = pool();
        found = new ArrayList<>();
        login = null;
        server = null;
    }

    @Test
    void whatIsNoAnswerIsAConfigurationErrorAndCostsNoServer() {
        byte[] error = bytes(out -> {
            ErrorFields.of("ERROR", "42501", "permission denied for table pg_authid")
                    .writeError(out);
            BackendMessages.readyForQuery(out, 'I');
        });
        byte[] tooLong = answer(row("alice", "x".repeat(200_000)));
        byte[] broken = bytes(out -> {
            BackendMessages.bare(out, (byte) '1');
            BackendMessages.bare(out, (byte) '2');
            out.writeByte('D').writeInt(8).writeShort(2).writeShort(0);
            BackendMessages.commandComplete(out, "SELECT 1");
            BackendMessages.readyForQuery(out, 'I');
        });
        Map<String, byte[]> answers = Map.of(
                "it returned a broken row",
                broken,
                "it returned more than one row",
                answer(row("alice", "a"), row("bob", "b")),
                "expected 2 columns from auth_query, not 1",
                answer(row("alice")),
                "expected 2 columns from auth_query, not 3",
                answer(row("alice", "a", "b")),
                "it returned a row of more than",
                tooLong,
                "error response from auth_query: 42501 permission denied for table pg_authid",
                error);
        answers.forEach((why, bytes) -> {
            open();
            come("alice");
            says(bytes);
            assertThat(told())
                    .contains("FATAL", "57P03", "bouncer config error")
                    .doesNotContain("pg_authid");
            assertThat(ports.log.lines()).last().asString().contains("auth_query for user \"alice\": " + why);
            assertThat(clientWire.isClosed).isTrue();
            assertThat(pool.pool().idle()).isOne();
            assertThat(pool.isLeft()).isTrue();
            end();
            reset();
        });
    }

    @Test
    void brokenMessagesOfTheServerCostItAndTheLogin() {
        open();
        come("alice");
        says(bytes(out -> BackendMessages.bare(out, (byte) 'c')));
        assertThat(told()).contains("bouncer config error");
        assertThat(serverWire.isClosed).isTrue();
        assertThat(pool.pool().open()).isZero();
        end();
    }

    @Test
    void answerMayComeInAnyPieces() {
        byte[] whole = answer(row("alice", "sesame"));
        for (int cut = 1; cut < whole.length; cut++) {
            open();
            come("alice");
            says(Arrays.copyOf(whole, cut));
            says(Arrays.copyOfRange(whole, cut, whole.length));
            assertThat(found).as("cut at %d", cut).containsExactly("alice");
            end();
            reset();
        }
    }

    @Test
    void clientThatLeavesWhileItWaitsIsForgotten() {
        come("alice").onClosed();
        assertThat(pool.pool().waiting()).isZero();
        assertThat(pool.isLeft()).isTrue();
        open();
        assertThat(pool.pool().idle()).isOne();
        end();
    }

    @Test
    void clientThatLeavesMeanwhileCostsNoServer() {
        open();
        come("alice").onClosed();
        assertThat(pool.isLeft()).isTrue();
        assertThat(pool.pool().idle()).isZero();
        ports.cancels.remove().ended(true);
        says(answer(row("alice", "sesame")));
        assertThat(found).isEmpty();
        says(bytes(out -> {
            BackendMessages.commandComplete(out, "ROLLBACK");
            BackendMessages.readyForQuery(out, 'I');
        }));
        assertThat(pool.pool().idle()).isOne();
        end();
    }

    @Test
    void clientThatSpeaksOutOfTurnEndsTheLookup() {
        open();
        come("alice");
        sends("sesame\0".getBytes(UTF_8));
        assertThat(told()).contains("unexpected password message");
        assertThat(clientWire.isClosed).isTrue();
        assertThat(pool.isLeft()).isTrue();
        end();
    }

    @Test
    void serverThatDiesMeanwhileEndsTheLogin() {
        ServerSession dying = open();
        come("alice");
        dying.onClosed();
        assertThat(told()).contains("FATAL", "57P03", "bouncer config error");
        assertThat(pool.isLeft()).isTrue();
        assertThat(pool.pool().open()).isZero();
        end();
    }

    @ParameterizedTest
    @CsvSource({"true, 53000, query_wait_timeout", "false, 57P03, no server connection to look the user up with"})
    void clientDoesNotWaitForEver(boolean isTimeout, String sqlstate, String text) {
        come("alice");
        if (isTimeout) {
            ports.nanos += Duration.ofSeconds(6).toNanos();
            pool.pool().tick(ports.nanos, true);
        } else {
            ErrorFields refused = ProxyError.SERVER_UNREACHABLE.fields("authdb/asker", "no password");
            pool.pool().onOpenFailed(refused, true, ports.nanos);
        }
        assertThat(told()).contains("FATAL", sqlstate, text).doesNotContain("asker");
        assertThat(ports.log.lines()).last().asString().contains("authdb/asker");
        assertThat(pool.isLeft()).isTrue();
        end();
    }

    @Test
    void waitsInThePoolThatReplacesItsOwn() {
        ServerPool old = pool;
        ClientLogin waiting = come("alice");
        pool = pool();
        old.pool().apply(true, ports.nanos);
        Objects.requireNonNull(waiting.lookup()).leaveRetired();
        assertThat(old.isLeft()).isTrue();
        assertThat(old.pool().waiting()).isZero();
        assertThat(pool.pool().waiting()).isOne();
        open();
        says(answer(row("alice", "sesame")));
        assertThat(found).containsExactly("alice");
        end();
    }

    @Property(tries = 500)
    void noBytesOfAServerDoMoreThanEndTheLogin(@ForAll long seed) {
        Random random = new Random(seed);
        reset();
        open();
        come("alice");
        byte[] rubbish = random.nextBoolean() ? answer(row("alice", "sesame"), row("b", "c")) : new byte[60];
        for (int i = random.nextInt(8); i >= 0; i--) {
            rubbish[random.nextInt(rubbish.length)] = (byte) random.nextInt(256);
        }
        for (int at = 0; at < rubbish.length && !serverWire.isClosed; ) {
            int to = Math.min(rubbish.length, at + 1 + random.nextInt(30));
            says(Arrays.copyOfRange(rubbish, at, to));
            at = to;
        }
        end();
        assertThat(pool.isLeft()).isTrue();
        assertThat(pool.pool().open()).isZero();
    }
}
