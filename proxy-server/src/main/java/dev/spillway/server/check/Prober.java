package dev.spillway.server.check;

/** Makes connections to servers and asks there what the check wants to know. */
interface Prober {
    /** Connects, asks, disconnects; blocks meanwhile. Never throws for what a server or the network does. */
    Answer ask(Login login);
}
