package dev.spillway.core.session.prepared;

import dev.spillway.core.session.state.TextFindings;
import dev.spillway.core.session.state.Vocabulary;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A statement that clients have prepared, once for all who prepared the same, and its name on servers.
 *
 * <p>Immutable but for the count of its users, which belongs to its {@link StatementStore}. Usable from any thread.
 */
public final class Statement {
    /** What our names begin with. No client reaches a statement of ours by such a name. */
    static final String PREFIX = "spillway_";

    private final byte[] name;
    private final @Nullable StatementKey key;
    private final boolean mayWorkWhenFailed;
    private final boolean mayForget;
    private final boolean hasAnyColumns;
    /** Of immutable objects one is as good as another: a lane that does not see it yet makes its own. */
    private @Nullable TextFindings findings;

    private final long madeNanos;
    /** Names of clients, and servers that know it. Written under the store's lock of its key. */
    final AtomicInteger names = new AtomicInteger();

    final AtomicInteger servers = new AtomicInteger();
    /** Has a server prepared it without an error? Lanes may see that late. */
    boolean isProven;

    /** Plans of an earlier one are outdated. Of two lanes that count at a time one may be lost, for both mean the same. */
    private volatile int epoch;

    /** Without a key it is of one client and one server, whose text nobody keeps. */
    Statement(long number, @Nullable StatementKey key, long nowNanos) {
        this.madeNanos = nowNanos;
        this.name = (PREFIX + Long.toString(number, 36)).getBytes(StandardCharsets.US_ASCII);
        this.key = key;
        byte[] body = key == null ? new byte[0] : key.body();
        this.mayWorkWhenFailed = StatementText.mayWorkWhenFailed(body);
        this.hasAnyColumns = StatementText.hasAnyColumns(body);
        this.mayForget = key == null || Forgetting.isPossible(Unpooled.wrappedBuffer(body), 0, body.length);
    }

    /** The same of the same text, parameter types and settings. */
    public int hash() {
        return key == null ? 0 : key.hashCode();
    }

    /** How large its text is, with the parameter types. */
    public int bytes() {
        return key == null ? 0 : key.body().length;
    }

    /** Its text; in another encoding than UTF-8 not all of it can be read. */
    public String text() {
        return key == null ? "" : key.text();
    }

    /** How many names clients have given it. */
    public int names() {
        return names.get();
    }

    /** How many servers know it. */
    public int servers() {
        return servers.get();
    }

    /** When it was first prepared. */
    public long madeNanos() {
        return madeNanos;
    }

    int epoch() {
        return epoch;
    }

    /** A server has said of {@code plan} that the columns are others by now: no plan of then is to be used any more, on any server. */
    void outdate(Plan plan) {
        if (epoch == plan.epoch()) {
            epoch = plan.epoch() + 1;
        }
    }

    /** Is it known to be right, at least for one database? */
    public boolean isProven() {
        return isProven;
    }

    /** Its name on servers. Not to be changed. */
    public byte[] name() {
        return name;
    }

    /** Null of one that is too large to be kept. */
    public @Nullable StatementKey key() {
        return key;
    }

    /** Is it too large to be kept, so that its client needs the server that has it? */
    public boolean isPrivate() {
        return key == null;
    }

    /** Could Parse and Bind of it succeed in a failed transaction? */
    public boolean mayWorkWhenFailed() {
        return mayWorkWhenFailed;
    }

    /** Could running it make the session forget its prepared statements? */
    public boolean mayForget() {
        return mayForget;
    }

    /** May its columns be others at each use, which PostgreSQL does not mind? */
    boolean hasAnyColumns() {
        return hasAnyColumns;
    }

    /** What its text tells of the session's state. */
    // hot: once per Bind of a named statement
    public TextFindings findings(Vocabulary vocabulary) {
        TextFindings known = findings;
        if (known == null || !known.vocabulary().equals(vocabulary)) {
            known = key == null ? TextFindings.unknown(vocabulary) : TextFindings.of(key.body(), vocabulary);
            findings = known;
        }
        return known;
    }

    @Override
    public String toString() {
        return new String(name, StandardCharsets.US_ASCII);
    }
}
