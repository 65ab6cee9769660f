import java.util.ArrayList;
import java.util.List;

/** Waiters that stand in line, in a JVM that lets itself be aborted once all do. */
public class Kitchen {
  static final List<String> orders = new ArrayList<>();

  static synchronized void cook(int order) throws Exception {
    orders.add("order " + order);
    Thread.sleep(1_000_000);
  }

  static void serve(int order) {
    try {
      cook(order);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static boolean stands(Thread waiter) {
    return waiter.getState() == Thread.State.BLOCKED || waiter.getState() == Thread.State.TIMED_WAITING;
  }

  public static void main(String[] arguments) throws Exception {
    List<Thread> waiters = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int order = i;
      Thread waiter = new Thread(() -> serve(order), "waiter-" + i);
      waiter.start();
      waiters.add(waiter);
    }
    for (Thread waiter : waiters) while (!stands(waiter)) Thread.sleep(10);
    new ProcessBuilder("kill", "-ABRT", String.valueOf(ProcessHandle.current().pid())).start();
    Thread.sleep(1_000_000);
  }
}
