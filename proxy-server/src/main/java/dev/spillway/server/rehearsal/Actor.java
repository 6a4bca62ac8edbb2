package dev.spillway.server.rehearsal;

import dev.spillway.core.auth.ServerAuth;
import dev.spillway.core.auth.ServerAuthStep;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A client of the rehearsal, with one connection at a time. Confined to one thread. */
final class Actor {
    /** Between two logins. */
    private static final int ROUNDS = 20;
    /** A large result in so many rounds. */
    private static final int ROUNDS_PER_MANY = 10;

    private static final int READ_TIMEOUT_MILLIS = 10_000;

    private final int number;
    private final int port;
    private final Proofs proofs;

    Actor(int number, int port, Proofs proofs) {
        this.number = number;
        this.port = port;
        this.proofs = proofs;
    }

    /** Goes on until {@code endNanos}; returns null. */
    @SuppressWarnings("NullAway") // a Callable<Void> has nothing else to return
    Void play(long endNanos) throws IOException {
        while (System.nanoTime() < endNanos) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(READ_TIMEOUT_MILLIS);
                Conversation talk = new Conversation(
                        socket.getOutputStream(),
                        new DataInputStream(new BufferedInputStream(socket.getInputStream())),
                        proofs.loggingIn(),
                        proofs);
                talk.say(Script.startup(number), 1);
                talk.say(Script.PREPARE, 1);
                for (int round = 0; round < ROUNDS && System.nanoTime() < endNanos; round++) {
                    playRound(talk, round);
                }
                talk.say(Script.TERMINATE, 0);
            }
        }
        return null;
    }

    private static void playRound(Conversation talk, int round) throws IOException {
        for (int i = 0; i < 5; i++) {
            talk.say(Script.QUERY, 1);
            talk.say(Script.EXTENDED, 1);
            talk.say(Script.PREPARED, 1);
        }
        talk.say(Script.BEGIN, 1);
        talk.say(Script.QUERY, 1);
        talk.say(Script.COMMIT, 1);
        talk.say(Script.PIPELINE, Script.pipelined());
        if (round % ROUNDS_PER_MANY == 0) {
            talk.say(Script.MANY, 1);
        }
    }

    private record Conversation(OutputStream out, DataInputStream in, ServerAuth auth, Proofs proofs) {
        /** Returns after {@code replies} ReadyForQuery. */
        void say(byte[] bytes, int replies) throws IOException {
            out.write(bytes);
            int outstanding = replies;
            while (outstanding > 0) {
                byte type = in.readByte();
                byte[] body = in.readNBytes(in.readInt() - Integer.BYTES);
                if (type == 'E') {
                    String said = new String(body, StandardCharsets.UTF_8).replace('\0', ' ');
                    throw new IOException("an error where none was expected: " + said);
                } else if (type == 'R') {
                    prove(ByteBuffer.wrap(body));
                }
                outstanding -= type == 'Z' ? 1 : 0;
            }
        }

        /** Answers {@code request}, a code and what goes with it. */
        private void prove(ByteBuffer request) throws IOException {
            int code = request.getInt();
            byte[] body = new byte[request.remaining()];
            request.get(body);
            ServerAuthStep step = auth.onRequest(code, body);
            if (step instanceof ServerAuthStep.NeedsDerivation(var derivation)) {
                step = auth.resume(proofs.salted(derivation));
            }
            if (step instanceof ServerAuthStep.Send(byte[] answer)) {
                out.write(Script.password(answer));
            } else if (step instanceof ServerAuthStep.Failed(String text)) {
                throw new IOException("a login that did not succeed: " + text);
            }
        }
    }
}
