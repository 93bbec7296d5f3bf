#include "codes.h"

#include <criterion/criterion.h>

Test(codes, a_refusal_keeps_its_reason_across_the_wire)
{
	static const enum pu_err reasons[] = {PU_ENOTAUTHORIZED, PU_ENOTFOUND, PU_EREFUSED,
	                                      PU_ETIMEOUT, PU_ELIMIT};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		cr_expect_eq(transport_stream_code_err(transport_stream_code(reasons[i])), reasons[i]);
}

Test(codes, an_unknown_stream_code_means_closed)
{
	cr_expect_eq(transport_stream_code_err(12345), PU_ECLOSED);
	cr_expect_str_eq(transport_stream_code_text(12345), transport_stream_code_text(0));
}

Test(codes, a_reason_without_a_code_of_its_own_is_unavailable)
{
	cr_expect_eq(transport_stream_code(PU_EIO), STREAM_CODE_UNAVAILABLE);
}

Test(codes, a_gated_connection_means_not_authorized)
{
	cr_expect_eq(transport_conn_code_err(CONN_CODE_GATED), PU_ENOTAUTHORIZED);
	cr_expect_eq(transport_conn_code_err(CONN_CODE_LIMIT), PU_ELIMIT);
	cr_expect_eq(transport_conn_code_err(0), PU_ECLOSED);
}
