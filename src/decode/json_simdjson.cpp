// simdjson's stage 1 behind C. Its kernel is chosen at run time by the library itself, so one build serves every CPU; its
// On-Demand front end would take the kernel of compile time, and its DOM would build a tape that nobody reads.
#include "decode/json_index.h"

#include <memory>
#include <new>
#include <simdjson.h>

struct hg_json_indexer {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
};

struct hg_json_indexer *hg_json_indexer_create(size_t capacity)
{
    auto *indexer = new (std::nothrow) hg_json_indexer;
    if (indexer == nullptr)
        return nullptr;
    auto *implementation = static_cast<const simdjson::implementation *>(simdjson::get_active_implementation());
    if (implementation->create_dom_parser_implementation(capacity, 1, indexer->parser) != simdjson::SUCCESS) {
        delete indexer;
        return nullptr;
    }
    return indexer;
}

void hg_json_indexer_destroy(struct hg_json_indexer *indexer)
{
    delete indexer;
}

enum hg_json_indexed hg_json_index(struct hg_json_indexer *indexer, const char *text, size_t len, const uint32_t **ret_at,
                                   size_t *ret_n)
{
    auto *parser = indexer->parser.get();
    if (len == 0 || len > parser->capacity())
        return HG_JSON_BROKEN;
    auto error = parser->stage1(reinterpret_cast<const uint8_t *>(text), len, simdjson::stage1_mode::regular);
    if (error == simdjson::UTF8_ERROR)
        return HG_JSON_NOT_UTF8;
    if (error != simdjson::SUCCESS)
        return HG_JSON_BROKEN;
    *ret_at = parser->structural_indexes.get();
    *ret_n = parser->n_structural_indexes;
    return HG_JSON_INDEXED;
}
