#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace talea::node {

/// Asks for pages of 2 MiB below large arrays that are read at random places (transparent huge pages, where the
/// kernel's setting is `madvise` or `always`): in a state of a million holders most of a look-up is else the walk to
/// its page.
template <class T>
struct HugePageAllocator {
    using value_type = T;
    static constexpr std::size_t page_bytes = std::size_t{2} << 20;

    HugePageAllocator() = default;
    template <class U>
    explicit(false) HugePageAllocator(const HugePageAllocator<U>&) {}

    T* allocate(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        if (bytes < page_bytes) return static_cast<T*>(::operator new(bytes));
        // Straight from the kernel: what the heap has used before lies in small pages already.
        void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        ::madvise(memory, bytes, MADV_HUGEPAGE);  // a hint: without it everything works, slower
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t count) noexcept {
        const std::size_t bytes = count * sizeof(T);
        if (bytes < page_bytes)
            ::operator delete(memory);
        else
            ::munmap(memory, bytes);
    }
    friend bool operator==(const HugePageAllocator&, const HugePageAllocator&) { return true; }
};

}  // namespace talea::node
