// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (c) 2026 The kdump.fleet authors
// A module that panics when it is loaded: the crash of a driver, as the role crash_test wants it.
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>

static int __init kdump_fleet_panic_init(void)
{
	panic("kdump.fleet crash test");
	return 0;
}
module_init(kdump_fleet_panic_init);

MODULE_DESCRIPTION("Panics when it is loaded, to prove that a crash is captured");
MODULE_AUTHOR("The kdump.fleet authors");
MODULE_LICENSE("GPL");
