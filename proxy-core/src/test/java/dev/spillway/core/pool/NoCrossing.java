package dev.spillway.core.pool;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.session.PoolPolicy;
import dev.spillway.core.session.Preparing;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.ServerSession;
import dev.spillway.core.session.SlowRule;
import dev.spillway.core.session.state.StatePolicy;
import java.time.Duration;

/** The borders of the only lane there is: nobody can be asked. */
public final class NoCrossing implements Crossing<Object> {
    private static final NoCrossing ONLY = new NoCrossing();

    private NoCrossing() {}

    /** A pool on a single lane; {@code name} is database/user. */
    public static <S extends PooledServer> Pool<S> pool(String name, PoolLimits limits, Pool.Opener opener) {
        String[] databaseAndUser = name.split("/", 2);
        return pool(new PoolKey(DatabaseConfig.named(databaseAndUser[0]), databaseAndUser[1]), limits, opener);
    }

    /** The same for any kind of pool. */
    public static <S extends PooledServer> Pool<S> pool(PoolKey key, PoolLimits limits, Pool.Opener opener) {
        return new Pool<>(PoolShare.single(key, limits), 0, ONLY, opener);
    }

    /** The same for sessions, whose state nobody cares for. */
    public static ServerPool pool(
            String name, PoolMode mode, String resetQuery, PoolLimits limits, Pool.Opener opener) {
        return pool(name, mode, StatePolicy.IGNORE, resetQuery, limits, opener);
    }

    /** The same for sessions. */
    public static ServerPool pool(
            String name, PoolMode mode, StatePolicy state, String resetQuery, PoolLimits limits, Pool.Opener opener) {
        return new ServerPool(
                NoCrossing.<ServerSession>pool(name, limits, opener), policy(mode, state, resetQuery, SlowRule.NONE));
    }

    /** Of such a pool, whose slow transactions are told of. */
    public static PoolPolicy policy(PoolMode mode, StatePolicy state, String resetQuery, SlowRule slow) {
        return new PoolPolicy(
                mode,
                state,
                resetQuery,
                "select 1",
                "",
                false,
                Duration.ofMillis(20),
                Preparing.of(2, 100, 64 * 1024),
                slow);
    }

    @Override
    public void hand(PoolShare share, Object server, int lane, boolean isAsked) {
        throw new AssertionError("there is no other lane");
    }

    @Override
    public void ask(PoolShare share, int donor, int lane) {
        throw new AssertionError("there is no other lane");
    }

    @Override
    public void wake(PoolShare share, int lane) {
        throw new AssertionError("there is no other lane");
    }

    @Override
    public void evict(PoolShare share, int lane) {
        throw new AssertionError("there is no other pool");
    }
}
