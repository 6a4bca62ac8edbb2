package dev.spillway.server.ops;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.spi.AppenderAttachableImpl;

/** Several outputs of one log, for Logback's queue takes but one. Lines come from the queue's thread, changes from any. */
final class LogOutputs extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private final AppenderAttachableImpl<ILoggingEvent> outputs = new AppenderAttachableImpl<>();

    void add(Appender<ILoggingEvent> output) {
        outputs.addAppender(output);
    }

    void remove(Appender<ILoggingEvent> output) {
        outputs.detachAppender(output);
        output.stop();
    }

    @Override
    protected void append(ILoggingEvent event) {
        outputs.appendLoopOnAppenders(event);
    }

    @Override
    public void stop() {
        super.stop();
        outputs.detachAndStopAllAppenders();
    }
}
