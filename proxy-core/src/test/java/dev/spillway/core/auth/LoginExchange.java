package dev.spillway.core.auth;

import java.util.ArrayList;
import java.util.List;

/** Lets our two machines log in to each other, with someone in between who may change a message. */
final class LoginExchange {
    /** One message; {@code code} is -1 for those of the client's role. */
    @SuppressWarnings("ArrayRecordComponent")
    record Message(int code, byte[] body) {}

    @FunctionalInterface
    interface Tamper {
        byte[] apply(int index, byte[] body);
    }

    private final ClientAuth checking;
    private final ServerAuth loggingIn;
    private final Tamper tamper;
    private final List<Message> messages = new ArrayList<>();
    private AuthStep checkingStep;
    private ServerAuthStep loggingInStep = new ServerAuthStep.Proceed();

    private LoginExchange(ClientAuth checking, ServerAuth loggingIn, Tamper tamper) {
        this.checking = checking;
        this.loggingIn = loggingIn;
        this.tamper = tamper;
        this.checkingStep = checking.start();
    }

    static LoginExchange run(ClientAuth checking, ServerAuth loggingIn) {
        return run(checking, loggingIn, (_, body) -> body);
    }

    static LoginExchange run(ClientAuth checking, ServerAuth loggingIn, Tamper tamper) {
        LoginExchange exchange = new LoginExchange(checking, loggingIn, tamper);
        while (exchange.advance()) {}
        return exchange;
    }

    private boolean advance() {
        return switch (checkingStep) {
            case AuthStep.NeedsDerivation needs -> {
                checkingStep = checking.resume(needs.derivation().saltedPassword());
                yield true;
            }
            case AuthStep.NeedsJudgement needs -> {
                checkingStep = checking.judged(needs.question().ask());
                yield true;
            }
            case AuthStep.Send send -> request(send.authCode(), send.body());
            case AuthStep.Done done -> {
                byte[] last = done.finalBody();
                if (last != null) {
                    request(AuthRequest.SASL_FINAL.code(), last);
                }
                if (!(loggingInStep instanceof ServerAuthStep.Failed)) {
                    loggingInStep = loggingIn.onRequest(AuthRequest.OK.code(), new byte[0]);
                }
                yield false;
            }
            case AuthStep.Failed _ -> false;
        };
    }

    private boolean request(int code, byte[] body) {
        loggingInStep = loggingIn.onRequest(code, pass(code, body));
        if (loggingInStep instanceof ServerAuthStep.NeedsDerivation needs) {
            loggingInStep = loggingIn.resume(needs.derivation().saltedPassword());
        }
        if (loggingInStep instanceof ServerAuthStep.Send send) {
            checkingStep = checking.onResponse(pass(-1, send.body()));
            return true;
        }
        return false;
    }

    private byte[] pass(int code, byte[] body) {
        messages.add(new Message(code, body));
        return tamper.apply(messages.size() - 1, body.clone());
    }

    AuthStep checking() {
        return checkingStep;
    }

    ServerAuthStep loggingIn() {
        return loggingInStep;
    }

    boolean isDone() {
        return checkingStep instanceof AuthStep.Done;
    }

    boolean isOk() {
        return loggingInStep instanceof ServerAuthStep.Ok;
    }

    List<Message> messages() {
        return messages;
    }
}
