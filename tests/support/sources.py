"""Small files in the languages whose definitions can be edited, by path."""

JAVASCRIPT = b"""import { a } from './a.js';
const path = require('path');

const LIMIT = 3;

/** Adds. */
export function add(x, y) {
  return x - y;
}

export default class Store extends Base {
  static size = 1;

  constructor(items) {
    super();
    this.items = items;
  }

  get first() {
    return this.items[1];
  }

  set first(value) {
    this.items[1] = value;
  }

  async load(name) {
    return a(name);
  }
}

const double = (x) => {
  return x + 2;
};

Store.prototype.extra = function (x) {
  return x;
};

module.exports = { add, double };
"""

TYPESCRIPT = b"""import { a } from './a';

export interface Shape {
  area(): number;
}

export class Circle implements Shape {
  private radius = 1;

  area(): number {
    return this.radius;
  }

  grow(by: number): void;
  grow(by: any): void {
    this.radius = by;
  }
}

export type Size = number;

namespace Inner {
  export function twice(x: number): number {
    return x;
  }
}
"""

GO = b"""package shop

import (
\t"errors"
)

// Cart holds items.
type Cart struct {
\tItems []Item
}

// Total is the sum.
func (c *Cart) Total() int {
\treturn 0
}

func New() *Cart {
\treturn nil
}
"""

RUST = b"""use std::fmt;

/// A pile.
#[derive(Debug)]
pub struct Pile<T> {
    items: Vec<T>,
}

impl<T> Pile<T> {
    #[inline]
    pub fn size(&self) -> usize {
        0
    }

    pub fn push(&mut self, item: T) {}
}

impl<T> fmt::Display for Pile<T> {
    fn fmt(&self) -> i32 {
        1
    }
}

fn helper() -> i32 {
    1
}
"""

JAVA = b"""package shop;

import java.util.List;

@Entity
public class Cart {
    private int size = 0;

    /** The sum. */
    @Override
    public int total(int tax) {
        return 0;
    }

    public int total(int tax, int discount) {
        return 0;
    }

    static class Item {
        int price() {
            return 1;
        }
    }
}
"""

C = b"""#include <stdio.h>
#include "cart.h"

#define LIMIT 3

static int total(const struct cart *cart);

/* The sum. */
static int total(const struct cart *cart)
{
\treturn 0;
}

char *name(void) {
\treturn NULL;
}
"""

CPP = b"""#include <vector>

namespace shop {

class Cart {
 public:
  Cart();
  int size() const { return 0; }
  int total() const;

 private:
  int count_ = 0;
};

int Cart::total() const {
  return 0;
}

template <class T>
T twice(T x) {
  return x;
}

}  // namespace shop
"""

FILES = {
    "a.js": JAVASCRIPT, "a.ts": TYPESCRIPT, "a.go": GO, "a.rs": RUST, "Cart.java": JAVA, "a.c": C, "a.cpp": CPP,
}  # fmt: skip
