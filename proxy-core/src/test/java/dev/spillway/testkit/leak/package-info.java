/**
 * A buffer that leaks fails the build: Netty's own leak detector, listened to after every test class.
 *
 * <p>May depend on netty-common, JUnit and jqwik. Nothing here is called by tests: JUnit and jqwik find it through
 * {@code META-INF/services}, in proxy-core and, because this is part of its test-jar, in proxy-server. Checks run on the
 * thread that runs the tests. Read {@link dev.spillway.testkit.leak.LeakDetection} and {@link
 * dev.spillway.testkit.leak.TestRun} first.
 */
@NullMarked
package dev.spillway.testkit.leak;

import org.jspecify.annotations.NullMarked;
