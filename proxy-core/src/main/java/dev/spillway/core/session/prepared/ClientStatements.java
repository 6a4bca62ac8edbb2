package dev.spillway.core.session.prepared;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names that one client has given to statements, by protocol. Confined to the client's lane; they go where it goes. */
public final class ClientStatements {
    private final StatementStore store;
    private final Map<StatementName, Mapping> names = new HashMap<>();
    private final StatementName probe = StatementName.probe();
    private int unkept;
    private boolean isReleased;

    public ClientStatements(StatementStore store) {
        this.store = store;
    }

    /** What the client calls by the name in {@code [from, to)}, which is borrowed; null: nothing. */
    // hot: once per Bind of a named statement
    public @Nullable Mapping find(ByteBuf buffer, int from, int to) {
        return names.get(probe.fill(buffer, from, to));
    }

    /** The same of a name by itself. */
    public @Nullable Mapping find(byte[] name) {
        return find(Unpooled.wrappedBuffer(name), 0, name.length);
    }

    public int size() {
        return names.size();
    }

    /** Has it statements that only the server it has now knows? */
    public boolean hasUnkept() {
        return unkept > 0;
    }

    /** Gives the name in {@code [from, to)}, which must be free, to a statement; takes over one use of it. */
    public Mapping name(ByteBuf buffer, int from, int to, Statement statement) {
        byte[] full = new byte[to - from];
        buffer.getBytes(from, full);
        Mapping mapping = new Mapping(probe.fill(buffer, from, to).copy(), full, statement, store, store.moment());
        put(mapping);
        return mapping;
    }

    /** The same name for the statement {@code other}, one use of which it takes over. */
    public Mapping rename(Mapping mapping, Statement other) {
        Mapping renamed = new Mapping(mapping.key(), mapping.renaming().clientName(), other, store, mapping.moment());
        Plan told = mapping.told();
        if (told != null) {
            renamed.tell(told);
        }
        names.put(mapping.key(), renamed);
        mapping.release();
        return renamed;
    }

    private void put(Mapping mapping) {
        names.put(mapping.key(), mapping);
        if (mapping.statement().isPrivate()) {
            unkept++;
        }
    }

    /** Takes the name away. */
    public void remove(Mapping mapping) {
        if (names.remove(mapping.key(), mapping) && mapping.statement().isPrivate()) {
            unkept--;
        }
    }

    /** It was taken away by what has failed. */
    void putBack(Mapping mapping) {
        if (isReleased) {
            mapping.release();
        } else {
            put(mapping);
        }
    }

    /** The session has forgotten them all. */
    void clear() {
        names.values().forEach(Mapping::release);
        names.clear();
        unkept = 0;
    }

    /** The client is gone. */
    public void release() {
        clear();
        isReleased = true;
    }

    /** What the client's Parse means; {@code prepared} is what it means for the server, null if it is not sent. */
    public Step parsed(Mapping mapping, @Nullable Step prepared) {
        return new Parsed(this, mapping, prepared);
    }

    /** What the client's Close means, after {@link #remove}. */
    public Step closed(Mapping mapping) {
        return new Closed(this, mapping);
    }

    private static final class Parsed extends Step {
        private final ClientStatements client;
        private final Mapping mapping;
        private final @Nullable Step prepared;

        Parsed(ClientStatements client, Mapping mapping, @Nullable Step prepared) {
            this.client = client;
            this.mapping = mapping;
            this.prepared = prepared;
        }

        @Override
        public void answered() {
            if (prepared != null) {
                prepared.answered();
            }
        }

        @Override
        public void dropped() {
            if (prepared != null) {
                prepared.dropped();
            }
            client.remove(mapping);
            mapping.release();
        }

        @Override
        public Renaming renaming() {
            return mapping.renaming();
        }
    }

    private static final class Closed extends Step {
        private final ClientStatements client;
        private final Mapping mapping;

        Closed(ClientStatements client, Mapping mapping) {
            this.client = client;
            this.mapping = mapping;
        }

        @Override
        public void answered() {
            mapping.release();
        }

        @Override
        public void dropped() {
            client.putBack(mapping);
        }
    }
}
