package dev.spillway.core.session.prepared;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.backend.BackendType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one server has prepared under our names, the least recently used first, as it will be when all that was sent has been done.
 * Confined to the server's lane; it moves with the server.
 */
public final class ServerStatements {
    /** An empty statement, for which there is a name where PostgreSQL is to find one. */
    public static final byte[] PLACEHOLDER = (Statement.PREFIX + "0").getBytes(StandardCharsets.US_ASCII);

    private final StatementStore store;
    private @Nullable Map<Statement, Plan> prepared;
    private @Nullable ShapeReader shapes;
    private boolean hasPlaceholder;
    private boolean isUncertain;
    private boolean hasUnkept;
    private boolean hasDefined;
    private @Nullable ClientStatements user;
    private @Nullable Mapping deallocating;
    private @Nullable UnnamedStatement unnamed;
    /** The message whose answer makes that certain; null: it is. */
    private @Nullable Step unnamedClaim;

    public ServerStatements(StatementStore store) {
        this.store = store;
    }

    public int size() {
        return prepared == null ? 0 : prepared.size();
    }

    /** What the server has prepared, or is going to; null if it does not know the statement. It counts as used. */
    // hot: once per Bind of a named statement
    public @Nullable Plan find(Statement statement) {
        Map<Statement, Plan> known = prepared;
        return known == null ? null : known.get(statement);
    }

    /** Does the server know it as it is now? That is no use. */
    public boolean knows(Statement statement) {
        Map<Statement, Plan> known = prepared;
        return known != null && known.containsKey(statement);
    }

    /**
     * May it know something that is not in the books, so that a name should be closed before it is given? Closing what is not there
     * is no error.
     */
    public boolean isUncertain() {
        return isUncertain;
    }

    /** The statement that has to go before there is room for another, {@code limit} being the most; it is taken out. Or null. */
    public @Nullable Plan evict(int limit) {
        Map<Statement, Plan> known = prepared;
        if (known == null || known.size() < limit) {
            return null;
        }
        Iterator<Plan> eldestFirst = known.values().iterator();
        Plan eldest = eldestFirst.next();
        eldestFirst.remove();
        return eldest;
    }

    /** What the Close of an {@linkplain #evict evicted} statement means. */
    public Step evicted(Plan plan) {
        return new Evicted(this, plan);
    }

    /** A Parse of what {@code mapping} names is sent; what that means. */
    public Step prepared(Mapping mapping) {
        if (mapping.statement().isPrivate()) {
            hasUnkept = true;
            return Step.doubt();
        }
        add(new Plan(mapping.statement(), store.moment()));
        return new Prepared(this, mapping, null);
    }

    /** A Close and a Parse of what the server knows already are sent; {@code closed} is the Close's step. */
    public Step preparedAnew(Mapping mapping, Step closed) {
        add(new Plan(mapping.statement(), store.moment()));
        return new Prepared(this, mapping, closed);
    }

    /** Of the Close before {@link #preparedAnew}. */
    public Step closedToPrepareAnew() {
        return new Remembering();
    }

    private void add(Plan plan) {
        Map<Statement, Plan> known = prepared;
        if (known == null) {
            known = new LinkedHashMap<>(16, 0.75f, true);
            prepared = known;
        }
        if (known.put(plan.statement(), plan) == null) {
            store.onServer(plan.statement());
        }
    }

    private void remove(Statement statement) {
        if (prepared != null && prepared.remove(statement) != null) {
            store.leftServer(statement);
        }
    }

    // ---- the placeholder -----------------------------------------------------------------------------------------

    public boolean hasPlaceholder() {
        return hasPlaceholder;
    }

    /** A Parse of the placeholder is sent. */
    public Step placed() {
        hasPlaceholder = true;
        return new Placed(this);
    }

    /** A Close of the placeholder is sent. */
    public Step displaced() {
        hasPlaceholder = false;
        return new Displaced(this);
    }

    // ---- the statement without a name -----------------------------------------------------------------------------

    /** Is the statement without a name, if the server has one, that of this client? */
    // hot: once per Bind of a statement without a name
    @SuppressWarnings("ReferenceEquality") // one per client
    public boolean hasUnnamed(UnnamedStatement clients) {
        return unnamed == clients;
    }

    /** From now on it is, until the client has {@linkplain #left}: {@code claim} is sent. */
    void claimUnnamed(UnnamedStatement clients, Step claim) {
        unnamed = clients;
        unnamedClaim = claim;
    }

    void settleUnnamed() {
        unnamedClaim = null;
    }

    /** The message whose answer makes it certain that the server has it; null: it is certain. */
    public @Nullable Step unnamedClaim() {
        return unnamedClaim;
    }

    /** What is to be parsed so that it is the client's; null: what there is has to be closed. {@link #unnamedAgain} must follow. */
    public byte @Nullable [] bodyOf(UnnamedStatement clients) {
        return clients.body();
    }

    /** What that Parse or Close means. */
    public Step unnamedAgain(UnnamedStatement clients) {
        Step claim = new Again(this);
        claimUnnamed(clients, claim);
        return claim;
    }

    /** A statement of ours has ended it, or what should have brought it there has not. */
    public void onUnnamedLost() {
        unnamed = null;
        unnamedClaim = null;
    }

    // ---- statements that make the session forget ------------------------------------------------------------------

    /** From now on this client uses the server, until {@link #left}. */
    public void usedBy(ClientStatements client) {
        user = client;
    }

    /** What a DEALLOCATE of the placeholder, which is sent, stands for: it takes this name from the client. Null: it was not run. */
    public void deallocates(@Nullable Mapping mapping) {
        deallocating = mapping;
    }

    /** The user has left. */
    public void left() {
        user = null;
        deallocating = null;
        onUnnamedLost();
    }

    /** Has it statements of a client that has left, which nobody knows? */
    public boolean hasUnkept() {
        return hasUnkept;
    }

    /** A statement of ours is sent that makes the server forget all it has, and what is sent from now on comes behind it. */
    public void onForgetSent() {
        forgetAll();
        isUncertain = true;
    }

    /** DEALLOCATE ALL or DISCARD ALL has run: one {@linkplain #onForgetSent of ours}, or one for the user if there is one. */
    public void onForgottenAll(boolean isOurs) {
        if (!isOurs) {
            forgetAll();
        }
        isUncertain = false;
        hasUnkept = false;
        if (!isOurs && user != null) {
            user.clear();
        }
    }

    /**
     * DEALLOCATE of one name has run: of one that is ours to take away, or of what SQL has prepared if there may be such. Else SQL has
     * named one of ours, and nobody knows which.
     */
    public void onDeallocated(boolean mayBeOfSql) {
        Mapping mapping = deallocating;
        deallocating = null;
        if (mapping == null) {
            isUncertain = true;
            if (!mayBeOfSql) {
                onSurprise();
            }
        } else if (user != null) {
            hasPlaceholder = false;
            user.remove(mapping);
            mapping.release();
        }
    }

    /** A name that should be there was not, or one was there that should not: the books are wrong. */
    public void onSurprise() {
        onForgetSent();
    }

    /** PostgreSQL has refused to run what {@code use} names, for its columns have changed. */
    public void onColumnsChanged(Mapping use) {
        Plan plan = find(use.statement());
        if (plan != null) {
            use.statement().outdate(plan);
        }
    }

    // ---- definitions ---------------------------------------------------------------------------------------------

    /** A statement that defines something has run: others see it when its transaction ends, and never if that is undone. */
    public void onDefinition() {
        hasDefined = true;
        store.onDefinition();
    }

    /** A transaction may have ended: it has if {@code isOver}. */
    // hot: once per ReadyForQuery
    public void onReady(boolean isOver) {
        if (hasDefined) {
            hasDefined = !isOver;
            store.onDefinition();
        }
    }

    // ---- what it says of columns ----------------------------------------------------------------------------------

    /**
     * The current frame, which is borrowed, is a part of the answer to a Describe of a statement; {@code step} is that message's. It may be
     * the client's: then it knows now.
     */
    public void onDescription(FrameReader frames, @Nullable Step step) {
        if (step instanceof Plan plan) {
            if (shapes == null) {
                shapes = new ShapeReader();
            }
            shapes.begin(frames, plan);
        } else if (step instanceof Mapping use && frames.type() != BackendType.PARAMETER_DESCRIPTION) {
            Plan plan = find(use.statement());
            if (plan != null && !plan.isOpen()) { // else it is another by now than the one that was described
                use.tell(plan);
            }
        }
    }

    /** More of a message that may be one of those. */
    public void onContinuation(FrameReader frames) {
        if (shapes != null && shapes.isInside()) {
            shapes.goOn(frames);
        }
    }

    private void forgetAll() {
        hasPlaceholder = false;
        Map<Statement, Plan> known = prepared;
        if (known != null) {
            List<Statement> all = new ArrayList<>(known.keySet());
            known.clear();
            all.forEach(store::leftServer);
        }
    }

    /** The server is gone. */
    public void release() {
        forgetAll();
    }

    private static final class Prepared extends Step {
        private final ServerStatements server;
        private final Mapping mapping;
        private final @Nullable Step closed;

        Prepared(ServerStatements server, Mapping mapping, @Nullable Step closed) {
            this.server = server;
            this.mapping = mapping;
            this.closed = closed;
        }

        @Override
        public void answered() {
            mapping.statement().isProven = true;
        }

        @Override
        public void dropped() {
            if (!(closed instanceof Remembering close && !close.wasAnswered)) {
                server.remove(mapping.statement());
            }
        }

        @Override
        public Renaming renaming() {
            return mapping.renaming();
        }
    }

    private static final class Remembering extends Step {
        private boolean wasAnswered;

        @Override
        public void answered() {
            wasAnswered = true;
        }
    }

    private static final class Evicted extends Step {
        private final ServerStatements server;
        private final Plan plan;

        Evicted(ServerStatements server, Plan plan) {
            this.server = server;
            this.plan = plan;
        }

        @Override
        public void answered() {
            server.store.leftServer(plan.statement());
        }

        @Override
        public void dropped() {
            server.add(plan);
            server.store.leftServer(plan.statement());
        }
    }

    private static final class Again extends Step {
        private final ServerStatements server;

        Again(ServerStatements server) {
            this.server = server;
        }

        @Override
        public void answered() {
            server.settleUnnamed();
        }

        @Override
        public void dropped() {
            server.onUnnamedLost();
        }

        @Override
        public boolean isChange() {
            return false;
        }
    }

    private static final class Displaced extends Step {
        private final ServerStatements server;

        Displaced(ServerStatements server) {
            this.server = server;
        }

        @Override
        public void dropped() {
            server.hasPlaceholder = true;
        }
    }

    private static final class Placed extends Step {
        private final ServerStatements server;

        Placed(ServerStatements server) {
            this.server = server;
        }

        @Override
        public void dropped() {
            server.hasPlaceholder = false;
        }
    }
}
