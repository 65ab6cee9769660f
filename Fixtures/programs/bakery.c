// Six threads and a crash. Where each of them stands when the process dies:
//
//   main     pthread_join, in the C library
//   counter  write_label: the null pointer that ends it all
//   baker    knead, at the end of a deep stack
//   oven     oven_settle, in a shared library of our own
//   till     sum_receipts
//   door     pause, in the C library
//
// Memory of every kind is there to be lost: a book full of text, a mapping of which only every
// eighth page was ever touched, thread stacks of the default size.
// With an argument, as many MiB of flour besides: a dump that takes long enough to be killed.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "liboven.h"

enum { receipt_bytes = 64, receipts = 8192, shelf_bytes = 4096, shelves = 512, folds = 48 };

static volatile int open_shop = 1;
static volatile int at_work;
static char *book;             // the receipts
static unsigned char *pantry;  // the mapping with untouched pages
static volatile long takings;

struct order {
  int number;
  const char *bread;
  char *label;
};

static void start_work(void) { __sync_fetch_and_add(&at_work, 1); }

__attribute__((noinline)) static void write_label(struct order *order) {
  order->label[0] = order->bread[0];
}

__attribute__((noinline)) static int wrap_loaf(struct order *order) {
  write_label(order);
  return order->number;
}

__attribute__((noinline)) static int fill_basket(struct order *order, int loaves) {
  int wrapped = 0;
  for (int i = 0; i < loaves; i++) wrapped += wrap_loaf(order);
  return wrapped;
}

static void *serve_customer(void *unused) {
  struct order order = {.number = 4711, .bread = "rye", .label = NULL};
  while (at_work < 4) usleep(1000);
  usleep(50000);  // until the others are where the list above has them
  takings += fill_basket(&order, 3);
  return unused;
}

__attribute__((noinline)) static long knead(volatile long *dough) {
  while (open_shop) *dough = *dough * 31 + 7;
  return *dough;
}

// Each fold takes a quarter of a page, so that the stack of the baker spans a dozen pages.
__attribute__((noinline)) static long fold_dough(int left, volatile long *dough) {
  volatile char layer[1024];
  memset((char *)layer, 'a' + left % 26, sizeof layer);
  long folded = left > 0 ? fold_dough(left - 1, dough) : knead(dough);
  return folded + layer[left];
}

static void *bake_bread(void *unused) {
  volatile long dough = 1;
  start_work();
  takings += fold_dough(folds, &dough);
  return unused;
}

static void *watch_oven(void *unused) {
  start_work();
  oven_regulate(230, &open_shop);
  return unused;
}

__attribute__((noinline)) static long sum_receipts(void) {
  long sum = 0;
  while (open_shop)
    for (int i = 0; i < receipts; i++) sum += book[i * receipt_bytes];
  return sum;
}

static void *count_till(void *unused) {
  start_work();
  takings = sum_receipts();
  return unused;
}

static void *mind_door(void *unused) {
  start_work();
  while (open_shop) pause();
  return unused;
}

static void fill_shelves(void) {
  book = calloc(receipts, receipt_bytes);
  for (int i = 0; i < receipts; i++)
    snprintf(book + i * receipt_bytes, receipt_bytes, "receipt %05d: %d loaves, paid in full", i,
             i * 7919 % 13);
  pantry = mmap(NULL, shelves * shelf_bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < shelves; i += 8) memset(pantry + i * shelf_bytes, i, shelf_bytes);
}

int main(int argc, char **argv) {
  void *(*const jobs[])(void *) = {serve_customer, bake_bread, watch_oven, count_till, mind_door};
  enum { workers = sizeof jobs / sizeof jobs[0] };
  pthread_t threads[workers];

  fill_shelves();
  if (argc > 1) {
    size_t flour = (size_t)atoi(argv[1]) << 20;
    memset(mmap(NULL, flour, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 'f',
           flour);
  }
  for (int i = 0; i < workers; i++) pthread_create(&threads[i], NULL, jobs[i], NULL);
  for (int i = 0; i < workers; i++) pthread_join(threads[i], NULL);
  return 0;
}
