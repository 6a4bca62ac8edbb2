package dev.spillway.server.rehearsal;

import dev.spillway.core.auth.AuthStep;
import dev.spillway.core.auth.ClientAuth;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/**
 * Answers as PostgreSQL would, without looking at more of a message than it must. Every statement is a SELECT, unless it
 * begins or ends a transaction.
 *
 * <p>A thread for each connection. Closing it ends them all.
 */
final class StandIn implements AutoCloseable {
    private static final byte[] SELECTED = Script.commandComplete("SELECT 0");
    private static final byte[] BEGUN = Script.commandComplete("BEGIN");
    private static final byte[] COMMITTED = Script.commandComplete("COMMIT");
    private static final byte[] IDLE = Script.readyForQuery('I');
    private static final byte[] IN_TRANSACTION = Script.readyForQuery('T');

    /** AuthenticationSASLFinal. */
    private static final int SASL_FINAL = 12;

    private final ServerSocket door;
    private final Proofs proofs;

    private StandIn(ServerSocket door, Proofs proofs) {
        this.door = door;
        this.proofs = proofs;
    }

    static StandIn start(Proofs proofs) throws IOException {
        StandIn server = new StandIn(new ServerSocket(0, 0, InetAddress.getLoopbackAddress()), proofs);
        Thread.ofVirtual().name("stand-in").start(server::accept);
        return server;
    }

    int port() {
        return door.getLocalPort();
    }

    private void accept() {
        try {
            for (int pid = 1; ; pid++) {
                Socket socket = door.accept();
                Session session = new Session(pid, socket, proofs);
                Thread.ofVirtual().name("stand-in-", pid).start(session::serve);
            }
        } catch (IOException e) {
            if (!door.isClosed()) {
                throw new IllegalStateException("the stand-in cannot accept connections", e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
    }

    private static final class Session {
        private final int pid;
        private final Socket socket;
        private final Proofs proofs;
        private byte[] status = IDLE;

        Session(int pid, Socket socket, Proofs proofs) {
            this.pid = pid;
            this.socket = socket;
            this.proofs = proofs;
        }

        void serve() {
            try (socket) {
                socket.setTcpNoDelay(true);
                DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
                OutputStream out = new BufferedOutputStream(socket.getOutputStream());
                readStartup(in);
                authenticate(in, out);
                out.write(Script.welcome(pid));
                out.flush();
                while (answer(in, out)) {
                    if (in.available() == 0) {
                        out.flush();
                    }
                }
            } catch (EOFException | SocketException e) {
                // the proxy closed it: that is how a connection ends
            } catch (IOException e) {
                throw new IllegalStateException("the stand-in cannot serve", e);
            }
        }

        private void readStartup(DataInputStream in) throws IOException {
            int length = in.readInt();
            while (in.readInt() == Script.SSL_REQUEST) {
                socket.getOutputStream().write('N');
                length = in.readInt();
            }
            in.skipNBytes(length - 2 * Integer.BYTES);
        }

        private void authenticate(DataInputStream in, OutputStream out) throws IOException {
            ClientAuth auth = proofs.checking();
            AuthStep step = auth.start();
            while (!(step instanceof AuthStep.Done)) {
                step = switch (step) {
                    case AuthStep.Send(int code, byte[] body) -> {
                        out.write(Script.authentication(code, body));
                        out.flush();
                        yield auth.onResponse(readPassword(in));
                    }
                    case AuthStep.NeedsDerivation(var derivation) -> auth.resume(proofs.salted(derivation));
                    case AuthStep.Failed(String detail, boolean _) -> throw new IOException(detail);
                    case AuthStep.Done _, AuthStep.NeedsJudgement _ -> throw new IllegalStateException();
                };
            }
            byte[] last = ((AuthStep.Done) step).finalBody();
            if (last != null) {
                out.write(Script.authentication(SASL_FINAL, last));
            }
        }

        private static byte[] readPassword(DataInputStream in) throws IOException {
            byte type = in.readByte();
            if (type != 'p') {
                throw new IOException("a message of type " + (char) type + " where a password is due");
            }
            return in.readNBytes(in.readInt() - Integer.BYTES);
        }

        private boolean answer(DataInputStream in, OutputStream out) throws IOException {
            byte type = in.readByte();
            byte[] body = in.readNBytes(in.readInt() - Integer.BYTES);
            switch (type) {
                case 'Q' -> query(new String(body, StandardCharsets.UTF_8), out);
                case 'P' -> out.write(Script.PARSE_COMPLETE);
                case 'B' -> out.write(Script.BIND_COMPLETE);
                case 'C' -> out.write(Script.CLOSE_COMPLETE);
                case 'D' -> out.write(Script.ROW_DESCRIPTION);
                case 'E' -> out.write(Script.ONE_ROW);
                case 'S' -> out.write(status);
                case 'X' -> {
                    return false;
                }
                default -> throw new IOException("a message of type " + (char) type);
            }
            return true;
        }

        private void query(String sql, OutputStream out) throws IOException {
            if (sql.startsWith("begin")) {
                status = IN_TRANSACTION;
                out.write(BEGUN);
            } else if (sql.startsWith("commit")) {
                status = IDLE;
                out.write(COMMITTED);
            } else if (sql.startsWith("select")) {
                out.write(Script.ROW_DESCRIPTION);
                out.write(sql.startsWith(Script.MANY_ROWS) ? Script.A_THOUSAND_ROWS : Script.ONE_ROW);
            } else {
                out.write(SELECTED); // what the proxy itself says
            }
            out.write(status);
        }
    }
}
