package dev.spillway.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** One connection of a {@link ChaosRelay}: two copying threads, ended together when either peer or the plan ends it. */
final class RelayedConnection {
    private static final int ENCRYPTION_REQUEST_BYTES = 8;

    private final ChaosRelay relay;
    private final Socket client;
    private final Socket server;
    private final ChaosPlan plan;
    private final long number;
    private final AtomicLong carried = new AtomicLong();
    private final AtomicBoolean isCut = new AtomicBoolean();
    private final AtomicInteger halvesOpen = new AtomicInteger(2);
    /** Answers to SSLRequest and GSSENCRequest that are still to come; each is a byte without frame. */
    private final AtomicInteger bareAnswers = new AtomicInteger();

    private boolean startupSeen;

    RelayedConnection(ChaosRelay relay, Socket client, Socket server, ChaosPlan plan, long number) {
        this.relay = relay;
        this.client = client;
        this.server = server;
        this.plan = plan;
        this.number = number;
    }

    void start() {
        Thread.ofVirtual().name("chaos-up-" + number).start(() -> copy(client, server, this::watchStartup, 0));
        Frames frames = new Frames();
        Thread.ofVirtual().name("chaos-down-" + number).start(() -> copy(server, client, frames::edited, 1));
    }

    void cut(ChaosRelay.Cut how) {
        if (!isCut.compareAndSet(false, true)) {
            return;
        }
        relay.countCut();
        try {
            if (how == ChaosRelay.Cut.RESET) {
                client.setSoLinger(true, 0);
                server.setSoLinger(true, 0);
            }
        } catch (IOException alreadyClosed) {
            // Then there is nothing left to reset.
        }
        closeQuietly();
    }

    void closeQuietly() {
        relay.ended(this);
        try (client;
                server) {
            isCut.set(true);
        } catch (IOException ignored) {
            // Both are closed as far as they can be.
        }
    }

    /** Turns what was read into what is passed on. */
    private interface Change {
        byte[] of(byte[] bytes, int length);
    }

    private void copy(Socket from, Socket to, Change change, int direction) {
        Random random = ChaosRelay.random(plan, number, direction);
        byte[] buffer = new byte[16384];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                relay.awaitResumed();
                pass(change.of(buffer, length), out, random);
            }
            to.shutdownOutput();
            if (halvesOpen.decrementAndGet() == 0) {
                closeQuietly();
            }
        } catch (IOException | InterruptedException ended) {
            closeQuietly();
        }
    }

    private void pass(byte[] bytes, OutputStream out, Random random) throws IOException, InterruptedException {
        for (int at = 0; at < bytes.length; ) {
            int left = bytes.length - at;
            int length = plan.maxChunkBytes() == 0 ? left : Math.min(left, 1 + random.nextInt(plan.maxChunkBytes()));
            if (random.nextInt(1000) < plan.delayPerMille()) {
                TimeUnit.MILLISECONDS.sleep(random.nextInt(plan.maxDelayMillis() + 1)); // the delay is the chaos itself
            }
            if (random.nextInt(1000) < plan.cutPerMille() || isWornOut(length)) {
                cut(random.nextBoolean() ? ChaosRelay.Cut.RESET : ChaosRelay.Cut.FIN);
                return;
            }
            if (isCut.get()) {
                return; // what a peer says to the end of its connection is not for the other
            }
            relay.countBytes(length);
            out.write(bytes, at, length);
            at += length;
        }
    }

    private boolean isWornOut(int length) {
        return plan.cutAfterBytes() > 0 && carried.addAndGet(length) > plan.cutAfterBytes();
    }

    /** The client's first packets come one to a read in practice: it must wait for the answer to each encryption request. */
    private byte[] watchStartup(byte[] bytes, int length) {
        if (!startupSeen) {
            if (length == ENCRYPTION_REQUEST_BYTES) {
                bareAnswers.incrementAndGet();
            } else {
                startupSeen = true;
            }
        }
        return Arrays.copyOf(bytes, length);
    }

    /** Cuts the server's bytes into messages where a fault is to be applied to one. */
    private final class Frames {
        private byte[] partial = new byte[0];
        private boolean isEncrypted;

        byte[] edited(byte[] bytes, int length) {
            return isEncrypted ? Arrays.copyOf(bytes, length) : editedInTheClear(bytes, length);
        }

        private byte[] editedInTheClear(byte[] bytes, int length) {
            ByteBuffer in = ByteBuffer.allocate(partial.length + length)
                    .put(partial)
                    .put(bytes, 0, length)
                    .flip();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            while (in.hasRemaining() && bareAnswers.get() > 0) {
                bareAnswers.decrementAndGet();
                byte answer = in.get();
                isEncrypted |= answer == 'S';
                out.write(answer);
            }
            BackendEdit edit = relay.edit();
            while (in.remaining() >= 5 && in.remaining() > in.getInt(in.position() + 1)) {
                byte type = in.get();
                byte[] body = new byte[in.getInt() - 4];
                in.get(body);
                BackendMessage message = new BackendMessage(type, body);
                if (edit == null) {
                    out.writeBytes(message.frame());
                } else {
                    synchronized (edit) {
                        edit.replace(message).forEach(replaced -> out.writeBytes(replaced.frame()));
                    }
                }
            }
            partial = new byte[in.remaining()];
            in.get(partial);
            return out.toByteArray();
        }
    }
}
