// An exception in flight through libstdc++ when the process dies, and threads that wait.
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct Shop {
  std::map<std::string, std::vector<int>> orders;
  __attribute__((noinline)) int total(const std::string &name) {
    if (orders.count(name) == 0) throw std::runtime_error("no orders of " + name);
    int sum = 0;
    for (int each : orders[name]) sum += each;
    return sum;
  }
};

__attribute__((noinline)) void wait_here() { std::this_thread::sleep_for(std::chrono::hours(1)); }

__attribute__((noinline)) int nested(int depth, const std::function<int()> &last) {
  volatile char room[200];
  room[0] = static_cast<char>(depth);
  return depth == 0 ? last() : nested(depth - 1, last) + room[0];
}

int main() {
  std::vector<char> bulk(8 << 20, 3);
  for (int i = 0; i < 3; i++)
    std::thread([] { nested(9, [] { wait_here(); return 0; }); }).detach();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  Shop shop;
  return nested(12, [&] { return shop.total("bread"); });
}
